// @tus/server with @tus/file-store as they come from npm: `node server.js FOLDER [fsync]`, prints `READY <url>`.
//
// The store never calls fsync: a crash of the machine may lose what was answered. With `fsync`, every answer waits until
// the file is on the disk, as Songda's does; without, this is the server as anybody would start it.
import { open } from 'node:fs/promises'
import path from 'node:path'
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

const [folder, durable] = process.argv.slice(2)

class DurableStore extends FileStore {
  async write(readable, id, offset) {
    const reached = await super.write(readable, id, offset)
    const file = await open(path.join(this.directory, id), 'r+')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
    return reached
  }
}

const Store = durable === 'fsync' ? DurableStore : FileStore
const server = new Server({ path: '/files', datastore: new Store({ directory: folder }) })
const http = server.listen({ host: '127.0.0.1', port: 0 }, () => {
  console.log(`READY http://127.0.0.1:${http.address().port}/files`)
})
