// Uploads files with tus-js-client as it comes from npm; nothing of it is changed or replaced.
//
// stdin:  {"endpoint", "headers", "streams", "idle_ms", "retry_ms": […], "jobs": [{"path", "metadata", "chunk_size",
//         "override", "with_creation", "parallel", "in_memory"}]}
// stdout: one line of JSON for each job as it ends: {"job", "url", "seconds", "begun", "error"}; then one line
//         {"cpu_seconds", "seconds"} of the whole process.
//
// An upload that says nothing for `idle_ms` is given up and taken up again by what the URL storage remembers of it, as an
// application has to: in Node, tus-js-client never notices an answer that breaks off behind its head. The same is done when
// the request that joins parallel parts is cut, which tus-js-client reports instead of trying again.
import { createReadStream, readFileSync } from 'node:fs'
import { Upload } from 'tus-js-client'

const plan = JSON.parse(readFileSync(0, 'utf8'))
const begun = performance.now()
const MOST_TIMES = 60
const secondsSince = (moment) => (performance.now() - moment) / 1000

// The interface of tus-js-client's URL storages, for one file.
class Memory {
  constructor() {
    this.kept = null
  }

  async findAllUploads() {
    return this.kept ? [this.kept] : []
  }

  async findUploadsByFingerprint() {
    return this.findAllUploads()
  }

  async addUpload(fingerprint, upload) {
    this.kept = { ...upload, urlStorageKey: fingerprint }
    return fingerprint
  }

  async removeUpload() {
    this.kept = null
  }
}

class Job {
  constructor(number) {
    this.number = number
    this.wanted = plan.jobs[number]
    this.begun = 0
    this.memory = new Memory()
  }

  run() {
    this.since = performance.now()
    return new Promise((resolve) => {
      this.resolve = resolve
      this.begin()
    })
  }

  begin() {
    this.begun += 1
    const { path, metadata, in_memory: inMemory, ...job } = this.wanted
    const upload = new Upload(inMemory ? readFileSync(path) : createReadStream(path), {
      endpoint: plan.endpoint,
      urlStorage: this.memory,
      fingerprint: () => Promise.resolve(String(this.number)),
      headers: plan.headers,
      metadata,
      metadataForPartialUploads: metadata,
      chunkSize: job.chunk_size ?? Number.POSITIVE_INFINITY,
      overridePatchMethod: job.override ?? false,
      uploadDataDuringCreation: job.with_creation ?? false,
      parallelUploads: job.parallel ?? 1,
      retryDelays: plan.retry_ms,
      onProgress: () => this.watch(upload),
      onAfterResponse: () => this.watch(upload),
      onSuccess: () => this.end(upload, null),
      onError: (error) => (error.originalRequest ? this.end(upload, String(error)) : this.again(upload, error)),
    })
    this.upload = upload
    this.watch(upload)
    upload.findPreviousUploads().then(([earlier]) => {
      if (earlier) upload.resumeFromPreviousUpload(earlier)
      upload.start()
    })
  }

  watch(upload) {
    if (upload !== this.upload || !plan.idle_ms) return
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      upload.abort()
      this.begin()
    }, plan.idle_ms)
  }

  again(upload, error) {
    if (upload !== this.upload) return
    clearTimeout(this.timer)
    if (this.begun > MOST_TIMES) return this.end(upload, String(error))
    this.timer = setTimeout(() => this.begin(), 500)
  }

  end(upload, error) {
    if (upload !== this.upload) return
    this.upload = null
    clearTimeout(this.timer)
    const told = { job: this.number, url: upload.url, seconds: secondsSince(this.since), begun: this.begun, error }
    console.log(JSON.stringify(told))
    this.resolve()
  }
}

const waiting = plan.jobs.keys()
const stream = async () => {
  for (const number of waiting) await new Job(number).run()
}
await Promise.all(Array.from({ length: plan.streams ?? 1 }, stream))
const { user, system } = process.cpuUsage()
console.log(JSON.stringify({ cpu_seconds: (user + system) / 1e6, seconds: secondsSince(begun) }))
