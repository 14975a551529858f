import type { Execute } from "@effect-wps/wps"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import type * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type { File } from "../WpsNode.ts"

/** A job that runs asynchronously, or has. */
export interface Job {
  readonly document: Execute.ExecuteResponse
  /** The bytes of the one output that was asked for raw. */
  readonly raw: Option.Option<File>
  readonly fiber: Option.Option<Fiber.RuntimeFiber<void>>
  readonly done: Deferred.Deferred<void>
}

interface Ended {
  readonly id: string
  readonly expires: DateTime.Utc
}

interface State {
  readonly jobs: HashMap.HashMap<string, Job>
  readonly files: HashMap.HashMap<string, File>
  /** Jobs of either mode that have ended. All are kept equally long, so the first one expires first. */
  readonly ended: Chunk.Chunk<Ended>
  /** By the job or file that was asked for, and then by the operation. */
  readonly counts: HashMap.HashMap<string, HashMap.HashMap<string, number>>
}

/** What a node remembers: its jobs, its files by the path below `outputs/`, and how often it was asked for each. */
export interface NodeMemory {
  /** A job that has not expired. */
  readonly job: (id: string) => Effect.Effect<Option.Option<Job>>
  readonly add: (id: string, job: Job) => Effect.Effect<void>
  readonly change: (id: string, f: (job: Job) => Job) => Effect.Effect<void>
  /** Says that a job has ended, and gives the moment at which it expires with all that it has stored. */
  readonly end: (id: string) => Effect.Effect<DateTime.Utc>
  /** Forgets a job with what it has stored. */
  readonly forget: (id: string) => Effect.Effect<void>
  readonly store: (path: string, file: File) => Effect.Effect<void>
  /** A file whose job has not expired. */
  readonly file: (path: string) => Effect.Effect<Option.Option<File>>
  /** Counts, from 1, how often an operation was about this job or file. All that do not exist share one count. */
  readonly count: (operation: string, about: string) => Effect.Effect<number>
}

/** What a job has stored lies below its id. */
const jobOf = (path: string): string => path.replace(/\/[^]*/, "")

const without = (state: State, ids: HashSet.HashSet<string>): State => {
  const isOther = (path: string) => !HashSet.has(ids, jobOf(path))
  return {
    jobs: HashMap.removeMany(state.jobs, ids),
    files: HashMap.filter(state.files, (_, path) => isOther(path)),
    ended: Chunk.filter(state.ended, ({ id }) => isOther(id)),
    counts: HashMap.filter(state.counts, (_, about) => isOther(about))
  }
}

const withoutExpired = (state: State, now: number): State => {
  const expired = Chunk.takeWhile(state.ended, ({ expires }) => expires.epochMillis <= now)
  return Chunk.isEmpty(expired) ? state : without(state, HashSet.fromIterable(Chunk.map(expired, ({ id }) => id)))
}

export const make = (
  files: Readonly<Record<string, File>>,
  keepJobs: Duration.Duration
): Effect.Effect<NodeMemory> =>
  Effect.map(
    Ref.make<State>({
      jobs: HashMap.empty(),
      files: HashMap.fromIterable(Object.entries(files)),
      ended: Chunk.empty(),
      counts: HashMap.empty()
    }),
    (state): NodeMemory => {
      const current = Effect.flatMap(
        Clock.currentTimeMillis,
        (now) => Ref.updateAndGet(state, (one) => withoutExpired(one, now))
      )
      return {
        job: (id) => Effect.map(current, ({ jobs }) => HashMap.get(jobs, id)),
        add: (id, job) => Ref.update(state, (one) => ({ ...one, jobs: HashMap.set(one.jobs, id, job) })),
        change: (id, f) => Ref.update(state, (one) => ({ ...one, jobs: HashMap.modify(one.jobs, id, f) })),
        end: (id) =>
          Effect.flatMap(DateTime.now, (now) => {
            const expires = DateTime.addDuration(now, keepJobs)
            return Effect.as(
              Ref.update(state, (one) => {
                const kept = withoutExpired(one, now.epochMillis)
                return { ...kept, ended: Chunk.append(kept.ended, { id, expires }) }
              }),
              expires
            )
          }),
        forget: (id) => Ref.update(state, (one) => without(one, HashSet.make(id))),
        store: (path, file) => Ref.update(state, (one) => ({ ...one, files: HashMap.set(one.files, path, file) })),
        file: (path) => Effect.map(current, ({ files }) => HashMap.get(files, path)),
        count: (operation, about) =>
          Effect.zipRight(
            current,
            Ref.modify(state, (one) => {
              const known = HashMap.has(one.jobs, about) || HashMap.has(one.files, about) ? about : ""
              const counts = Option.getOrElse(HashMap.get(one.counts, known), () => HashMap.empty<string, number>())
              const count = Option.getOrElse(HashMap.get(counts, operation), () => 0) + 1
              return [count, { ...one, counts: HashMap.set(one.counts, known, HashMap.set(counts, operation, count)) }]
            })
          )
      }
    }
  )
