import type { Execute } from "@effect-wps/wps"
import * as Clock from "effect/Clock"
import type * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
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

interface State {
  readonly jobs: HashMap.HashMap<string, Job>
  readonly files: HashMap.HashMap<string, File>
  readonly counts: HashMap.HashMap<string, number>
}

/** What a node remembers: its jobs, its files by the path below `outputs/`, and how often it was asked for each. */
export interface NodeMemory {
  /** A job that is not over its time. */
  readonly job: (id: string) => Effect.Effect<Option.Option<Job>>
  readonly add: (id: string, job: Job) => Effect.Effect<void>
  readonly change: (id: string, f: (job: Job) => Job) => Effect.Effect<void>
  /** A job with what it has stored. */
  readonly forget: (id: string) => Effect.Effect<void>
  readonly store: (path: string, file: File) => Effect.Effect<void>
  readonly file: (path: string) => Effect.Effect<Option.Option<File>>
  /** Counts, from 1. */
  readonly count: (what: string) => Effect.Effect<number>
}

export const make = (files: Readonly<Record<string, File>>): Effect.Effect<NodeMemory> =>
  Effect.map(
    Ref.make<State>({
      jobs: HashMap.empty(),
      files: HashMap.fromIterable(Object.entries(files)),
      counts: HashMap.empty()
    }),
    (state) => {
      const forget: NodeMemory["forget"] = (id) =>
        Ref.update(state, (current) => ({
          ...current,
          jobs: HashMap.remove(current.jobs, id),
          files: HashMap.filter(current.files, (_, path) => !path.startsWith(`${id}/`))
        }))

      const isOver = ({ document }: Job, now: number): boolean =>
        Option.exists(document.expirationDate, ({ epochMillis }) => epochMillis <= now)

      return {
        job: (id) =>
          Effect.flatMap(Effect.all([Ref.get(state), Clock.currentTimeMillis]), ([{ jobs }, now]) => {
            const job = HashMap.get(jobs, id)
            return Option.exists(job, (one) => isOver(one, now))
              ? Effect.as(forget(id), Option.none())
              : Effect.succeed(job)
          }),
        add: (id, job) => Ref.update(state, (current) => ({ ...current, jobs: HashMap.set(current.jobs, id, job) })),
        change: (id, f) => Ref.update(state, (current) => ({ ...current, jobs: HashMap.modify(current.jobs, id, f) })),
        forget,
        store: (path, file) =>
          Ref.update(state, (current) => ({ ...current, files: HashMap.set(current.files, path, file) })),
        file: (path) => Effect.map(Ref.get(state), ({ files }) => HashMap.get(files, path)),
        count: (what) =>
          Ref.modify(state, (current) => {
            const count = Option.getOrElse(HashMap.get(current.counts, what), () => 0) + 1
            return [count, { ...current, counts: HashMap.set(current.counts, what, count) }]
          })
      }
    }
  )
