import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answers, configured, plans } from '../ruleset.js'
import { trainings } from '../rules.js'

const numbers = (values) => ({ fields: Object.fromEntries(Object.entries(values).map(([name, numberValue]) => [name, { kind: 'numberValue', numberValue }])) })
const at = { seconds: String(Date.parse('2026-06-01') / 1000), nanos: 0 }

// ask gives what the rules say to facts, by rule.
function ask(stage, facts, parameters = {}) {
  configured(trainings, '35', numbers(parameters))
  const question = { programme_id: 'p', move: 'ADVANCE', target_stage: stage, at, facts: { programme: { stage }, activities: [], training_events: [], ...facts } }
  const broke = (code, fault) => assert.fail(`${code}: ${fault.stack}`)
  return Object.fromEntries(answers(trainings, [question], broke)[0].verdicts.map((v) => [v.rule, v]))
}

const activity = (kind, builds_capacity, units) => ({ kind, builds_capacity, budget_lines: [{ planned: { currency: 'IDR', units: String(units), nanos: 0 } }] })

test('money for capacity is compared with direct aid', () => {
  const activities = [activity('TRAINING', true, 2_900_000), activity('DIRECT_AID', false, 7_100_000), activity('INFRASTRUCTURE', false, 90_000_000)]
  const { CAPACITY_SHARE: said } = ask('PLAN', { activities })
  assert.match(said.message.en, /^IDR 2,900,000 builds capacity, 29%/)
  assert.match(said.message.id, /^IDR 2\.900\.000 /)
  assert.equal(said.values.needed, '30')
  assert.ok(ask('PLAN', { activities }, { leastCapacityPercent: 29 }).CAPACITY_SHARE.passed)
})

const event = (participants, present, gain) => ({
  participants: Array.from({ length: participants }, () => ({ pre_test: 40, post_test: 40 + gain })),
  sessions: [{ status: 'HELD', ends_at: { seconds: String(Date.parse('2026-02-01T09:00Z') / 1000) }, attendances: Array.from({ length: participants }, (_, i) => ({ present: i < present })) }],
})

test('attendance and tests', () => {
  const well = ask('TRAIN', { training_events: [event(5, 3, 10)] })
  assert.ok(well.QUORUM_ATTENDED.passed && well.LEARNT.passed)
  assert.match(ask('TRAIN', { training_events: [event(5, 2, 10)] }).QUORUM_ATTENDED.message.en, /^In 1 of 1 sessions fewer than 60%/)
  assert.match(ask('TRAIN', { training_events: [event(5, 5, 9.9)] }).LEARNT.message.en, /gained 9 points on average; at least 10/)
  assert.match(ask('TRAIN', {}).QUORUM_ATTENDED.message.en, /^No session was held yet/)
})

test('mentoring is due ninety days after the last session', () => {
  const training_events = [event(3, 3, 20)]
  assert.match(ask('MONITOR', { training_events }).FOLLOWED_UP.message.en, /held on 2026-02-01.*due by 2026-05-02/)
  assert.ok(ask('MONITOR', { training_events }, { followUpDays: 120 }).FOLLOWED_UP.passed, 'there is still time until 1 June')
  const mentoring = (actual_start) => ({ ...activity('MENTORING', true, 1), actual_start })
  assert.ok(ask('MONITOR', { training_events, activities: [mentoring('2026-02-01')] }).FOLLOWED_UP.passed)
  assert.ok(!ask('MONITOR', { training_events, activities: [mentoring('2026-01-31')] }).FOLLOWED_UP.passed)
})

test('plans count from the day the stage begins', () => {
  configured(trainings, '35', numbers({ trainDays: 30 }))
  const [plan] = plans(trainings, [{ programme_id: 'p', target_stage: 'TRAIN', at }])
  assert.equal(plan.due_on, '2026-07-01')
  assert.equal(plan.checklist.length, 3)
})

test('parameters that do not fit are refused, with a reason', () => {
  for (const [wrong, why] of [[{ trainDays: 0 }, /trainDays must be from 1 to 365/], [{ trainDays: 1.5 }, /type integer/], [{ other: 1 }, /no parameter other/]]) {
    assert.throws(() => configured(trainings, '35', numbers(wrong)), why)
  }
})
