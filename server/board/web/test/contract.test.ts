import { expectTypeOf, it } from 'vitest'
import type * as admin from '@/api/admin'
import type * as custody from '@/api/custody'
import type * as papers from '@/api/papers'
import type * as rules from '@/api/rules'
import type { components } from '@/api/schema'
import type * as service from '@/api/service'
import type { Shape } from '@/api/types'

/** A type declared by hand, its words as plain strings: the document says less of them than the pages rely on. */
type Wide<T> = T extends string ? string : T extends readonly (infer U)[] ? Wide<U>[] : T extends object ? { [K in keyof T]: Wide<T[K]> } : T
/** What may be null is always sent, though the document calls it optional. */
type Whole<T> = T extends readonly (infer U)[] ? Whole<U>[] : T extends object ? { [K in keyof T]-?: Whole<Exclude<T[K], undefined>> } : T
type Answered<K extends keyof components['schemas']> = Whole<Shape<components['schemas'][K]>>

// Checked by vue-tsc (`npm run lint`): a field the program no longer answers breaks the build, not the page.
it('what the administration pages read is what docs/openapi.json promises', () => {
  expectTypeOf<Answered<'BoardPerson'>>().toExtend<Wide<admin.Person>>()
  expectTypeOf<Answered<'BoardGroup'>>().toExtend<Wide<admin.Group>>()
  expectTypeOf<Answered<'BoardRole'>>().toExtend<Wide<admin.Role>>()
  expectTypeOf<Answered<'BoardPermission'>>().toExtend<Wide<admin.Permission>>()
  expectTypeOf<Answered<'BoardCourt'>>().toExtend<Wide<admin.CourtRow>>()
  expectTypeOf<Answered<'BoardDivision'>>().toExtend<Wide<admin.Division>>()
  expectTypeOf<Answered<'BoardTurnover'>>().toExtend<Wide<admin.Turnover>>()
  expectTypeOf<Answered<'BoardSession'>>().toExtend<Wide<admin.SessionRow>>()
  expectTypeOf<Answered<'BoardAuditRow'>>().toExtend<Wide<admin.AuditRow>>()
  expectTypeOf<Answered<'BoardAuditStatistics'>>().toExtend<Wide<admin.AuditStatistics>>()
  expectTypeOf<Answered<'BoardCheckpoint'>>().toExtend<Wide<admin.Checkpoint>>()
  expectTypeOf<Answered<'BoardAuditRun'>>().toExtend<Wide<admin.Verification>>()
  expectTypeOf<Answered<'BoardAlert'>>().toExtend<Wide<admin.Alert>>()
  expectTypeOf<Answered<'BoardPartyFound'>>().toExtend<Wide<admin.FoundParty>>()
  expectTypeOf<Answered<'BoardOverview'>>().toExtend<Wide<admin.Overview>>()
  expectTypeOf<Answered<'Ways'>>().toExtend<Wide<admin.Ways>>()
  expectTypeOf<Answered<'TotpState'>>().toExtend<Wide<admin.Totp>>()
  expectTypeOf<Answered<'Enrolment'>>().toExtend<Wide<admin.NewTotp>>()
  expectTypeOf<Answered<'OwnSession'>>().toExtend<Wide<admin.SessionRow>>()
})

it('what the pages of tasks, rules and papers read is what docs/openapi.json promises', () => {
  expectTypeOf<Answered<'BoardTodo'>>().toExtend<Wide<service.Todo>>()
  expectTypeOf<Answered<'BoardEffectDetail'>>().toExtend<Wide<service.EffectDetail>>()
  expectTypeOf<Answered<'BoardAttemptDetail'>>().toExtend<Wide<service.AttemptDetail>>()
  expectTypeOf<Answered<'BoardMatrix'>>().toExtend<Wide<service.Matrix>>()
  expectTypeOf<Answered<'BoardLedger'>>().toExtend<Wide<service.Ledger>>()
  expectTypeOf<Answered<'BoardClock'>>().toExtend<Wide<service.Clock>>()
  expectTypeOf<Answered<'BoardRuleSet'>>().toExtend<Wide<rules.RuleSet>>()
  expectTypeOf<Answered<'BoardRuleDefaults'>>().toExtend<Wide<rules.RuleDefaults>>()
  expectTypeOf<Answered<'BoardPaperBatch'>>().toExtend<Wide<papers.Batch>>()
  expectTypeOf<Answered<'BoardArchive'>>().toExtend<Wide<papers.Archive>>()
  expectTypeOf<Answered<'BoardTargets'>>().toExtend<Wide<admin.Targets>>()
  expectTypeOf<Answered<'BoardSealReport'>>().toExtend<Wide<papers.SealReport>>()
  expectTypeOf<Answered<'BoardWording'>>().toExtend<Wide<papers.Wording>>()
})

it('what the pages of evidence read is what docs/openapi.json promises', () => {
  expectTypeOf<Answered<'BoardCustodyLedger'>>().toExtend<Wide<custody.DayLedger>>()
  expectTypeOf<Answered<'BoardLate'>>().toExtend<Wide<custody.LateItem>>()
  expectTypeOf<Omit<Answered<'BoardEvidenceKnown'>, 'capture' | 'place' | 'log' | 'late'>>().toExtend<Wide<Omit<custody.KnownItem, 'capture' | 'place' | 'log' | 'late'>>>()
  expectTypeOf<Answered<'BoardEvidenceSimilar'>>().toExtend<Wide<custody.SimilarItem>>()
  expectTypeOf<Omit<Answered<'BoardBundle'>, 'counts'>>().toExtend<Wide<Omit<custody.Bundle, 'counts'>>>()
  expectTypeOf<Answered<'BoardRescue'>>().toExtend<Wide<custody.Rescue>>()
  expectTypeOf<Omit<Answered<'BoardLook'>, 'missing'>>().toExtend<Wide<Omit<custody.Look, 'missing'>>>()
})
