/**
 * What we remember: an append-only, hash-chained record of every decision, one folder a writer, and
 * what is read out of it.
 *
 * Promises: `record` resolves only once the event is on the disk; what was acknowledged is still
 * there, and still chained, after a crash; memory is a fold over the events, so a start finds what
 * the process before it knew; nothing waits, queues or grows without a limit. The head of the chain is
 * signed regularly and sent out, so that a past that was rewritten, cut or replaced shows. May touch:
 * its own folder, the key and the file of the heads, and the clock, network and callbacks that it was
 * given.
 */
export { changesIn } from "./changes.ts";
export { type Disk, type DiskFile, realDisk } from "./disk.ts";
export type {
  Asked,
  Audited,
  Checkpoint,
  ConfigLoaded,
  Explained,
  Issued,
  JournalEvent,
  Narrowed,
  PolicyLoaded,
  Refused,
  StoredEvent,
} from "./event.ts";
export {
  codeOf,
  eventFilter,
  type Filter,
  type FilterWords,
  rulesOf,
} from "./filter.ts";
export type { Fold } from "./fold.ts";
export { type Followed, followJournal } from "./follow.ts";
export { HEAD_MESSAGE, type SignedHead } from "./head.ts";
export type { HeadFailure, HeadsOptions } from "./heads.ts";
export type { Journal } from "./journal.ts";
export { type KeptHeads, readKeptHeads } from "./kept-heads.ts";
export { type KeysInUse, keysInUse } from "./keys-in-use.ts";
export { JournalStartError, lockFault } from "./lock.ts";
export { type JournalOptions, openJournal } from "./open.ts";
export { type EventQuery, readEvents } from "./read-events.ts";
export { stdoutJournal } from "./stdout.ts";
export { type TokenUse, type UsedTokens, usedTokens } from "./used-tokens.ts";
export { type Verified, verifyJournal } from "./verify.ts";
export { writerFolders } from "./writers.ts";
