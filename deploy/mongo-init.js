// Makes the replica set and the program's account. May run any number of times.
const members = ['mongo1', 'mongo2', 'mongo3'].map((host, _id) => ({ _id, host: `${host}:27017` }))

try {
  rs.status()
} catch (error) {
  if (error.codeName !== 'NotYetInitialized') throw error
  rs.initiate({ _id: 'rs0', members, settings: { electionTimeoutMillis: 5000 } })
}

for (let left = 120; !db.hello().isWritablePrimary && !db.hello().primary; left -= 1) {
  if (left === 0) throw new Error('no primary was elected within 120 s')
  sleep(1000)
}

const password = process.env.SONGDA_MONGO_PASSWORD
const root = encodeURIComponent(process.env.MONGO_ROOT_PASSWORD)
const primary = connect(`mongodb://root:${root}@mongo1,mongo2,mongo3/songda?replicaSet=rs0&authSource=admin`)
const account = { pwd: password, roles: [{ role: 'readWrite', db: 'songda' }] }
if (primary.getUser('songda')) primary.updateUser('songda', account)
else primary.createUser({ user: 'songda', ...account })
print('replica set and account are ready')
