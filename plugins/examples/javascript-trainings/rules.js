// An office wants its trainings to lead somewhere. plugins/examples/go-trainings is the same rule set in Go.
import { day, text } from './ruleset.js'

export const trainings = {
  name: 'trainings',
  version: '1.0.0',
  title: { en: 'Trainings lead somewhere', id: 'Pelatihan yang berlanjut' },
  facts: ['ACTIVITIES', 'TRAININGS'],
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      leastCapacityPercent: { type: 'integer', minimum: 0, maximum: 100, default: 30, description: 'Of the money for capacity and direct aid together, how much must build capacity' },
      quorumPercent: { type: 'integer', minimum: 0, maximum: 100, default: 60, description: "Of a training's participants, how many must attend each session" },
      leastGain: { type: 'number', minimum: 0, maximum: 100, default: 10, description: 'Points by which the test after is better than the one before, on average' },
      trainDays: { type: 'integer', minimum: 1, maximum: 365, default: 60, description: 'Days that training may take' },
      followUpDays: { type: 'integer', minimum: 1, maximum: 365, default: 90, description: 'Days after the last session within which somebody goes back' },
    },
  },
  rules: [
    {
      code: 'CAPACITY_SHARE',
      title: { en: 'Enough of the money builds capacity', id: 'Cukup banyak dana untuk membangun kapasitas' },
      stages: ['PLAN'], moves: ['ADVANCE'], severity: 'BLOCK', waivable: 'REGION', path: ['activities', 'budgetLines'],
      check: capacityShare,
    },
    {
      code: 'QUORUM_ATTENDED',
      title: { en: 'Sessions were well attended', id: 'Sesi dihadiri cukup peserta' },
      stages: ['TRAIN'], moves: ['ADVANCE'], severity: 'BLOCK', waivable: 'OWNER', path: ['trainingEvents', 'sessions'],
      check: quorumAttended,
    },
    {
      code: 'LEARNT',
      title: { en: 'Participants learnt something', id: 'Peserta memperoleh pengetahuan' },
      stages: ['TRAIN'], moves: ['ADVANCE'], severity: 'WARN', waivable: 'REGION', path: ['trainingEvents', 'participants'],
      check: learnt,
    },
    {
      code: 'FOLLOWED_UP',
      title: { en: 'Somebody went back after the training', id: 'Pelatihan ditindaklanjuti dengan pendampingan' },
      stages: ['MONITOR'], moves: ['ADVANCE'], severity: 'BLOCK', waivable: 'REGION', path: ['activities'],
      check: followedUp,
    },
  ],
  stages: (parameters) => ({
    TRAIN: {
      days: parameters.trainDays,
      checklist: [
        { code: 'TEST_BEFORE', title: { en: 'Test participants before the first session', id: 'Adakan prates sebelum sesi pertama' } },
        { code: 'RECORD_ATTENDANCE', title: { en: 'Record who attends each session', id: 'Catat kehadiran setiap sesi' } },
        { code: 'TEST_AFTER', title: { en: 'Test participants after the last session', id: 'Adakan pascates setelah sesi terakhir' } },
      ],
    },
    MONITOR: {
      days: parameters.followUpDays,
      checklist: [{ code: 'MENTOR', title: { en: 'Go back and mentor those who were trained', id: 'Dampingi kembali peserta pelatihan' } }],
    },
  }),
}

// capacityShare compares, in each currency, the planned money of activities that build capacity with that of direct aid. Money is
// counted in billionths with BigInt, because a number is exact only up to 9 quadrillion.
function capacityShare({ facts }, { leastCapacityPercent }) {
  const sums = new Map()
  for (const activity of facts.activities.filter((a) => a.builds_capacity || a.kind === 'DIRECT_AID')) {
    for (const { planned } of activity.budget_lines) {
      const currency = planned?.currency ?? ''
      const sum = sums.get(currency) ?? { capacity: 0n, both: 0n }
      const amount = BigInt(planned?.units ?? 0) * BILLION + BigInt(planned?.nanos ?? 0)
      sum.both += amount
      if (activity.builds_capacity) sum.capacity += amount
      sums.set(currency, sum)
    }
  }
  for (const currency of [...sums.keys()].sort()) {
    const { capacity, both } = sums.get(currency)
    if (both <= 0n || capacity * 100n >= both * BigInt(leastCapacityPercent)) continue
    const units = capacity / BILLION
    return text(
      `{currency} ${grouped(units, ',')} builds capacity, {percent}% of what goes to capacity and direct aid; at least {needed}% must. Plan more training, mentoring or organising.`,
      `{currency} ${grouped(units, '.')} membangun kapasitas, {percent}% dari dana untuk kapasitas dan bantuan langsung; sedikitnya {needed}%. Rencanakan lebih banyak pelatihan, pendampingan, atau pengorganisasian.`,
      { currency, capacity: units, percent: (capacity * 100n) / both, needed: leastCapacityPercent },
    )
  }
}

const BILLION = 1_000_000_000n
const grouped = (units, separator) => String(units).replace(/\B(?=(\d{3})+$)/g, separator)

const sessionsHeld = (event) => event.sessions.filter((session) => session.status === 'HELD')

// quorumAttended looks at each session that was held.
function quorumAttended({ facts }, { quorumPercent }) {
  let held = 0
  let below = 0
  for (const event of facts.training_events) {
    for (const session of sessionsHeld(event)) {
      held++
      const present = session.attendances.filter((a) => a.present).length
      if (present * 100 < quorumPercent * event.participants.length) below++
    }
  }
  if (held === 0) {
    return text('No session was held yet. Hold the training, and record who attended.', 'Belum ada sesi yang terlaksana. Laksanakan pelatihan, dan catat kehadirannya.', { held })
  }
  if (below > 0) {
    const missing = text(
      'In {below} of {held} sessions fewer than {quorum}% of the participants were present. Hold them again, or complete the attendance.',
      'Pada {below} dari {held} sesi, peserta yang hadir kurang dari {quorum}%. Adakan ulang, atau lengkapi daftar hadirnya.',
      { below, held, quorum: quorumPercent },
    )
    return { ...missing, path: ['trainingEvents', 'sessions', 'attendances'] }
  }
}

// learnt compares the tests of those who took both. A score outside 0 to 100 is none, and so is one that is absent.
function learnt({ facts }, { leastGain }) {
  const score = (value) => value >= 0 && value <= 100
  let tested = 0
  let gain = 0
  for (const { participants } of facts.training_events) {
    for (const { pre_test: before, post_test: after } of participants) {
      if (score(before) && score(after)) {
        tested++
        gain += after - before
      }
    }
  }
  if (tested === 0) {
    return text(
      'Nobody was tested both before and after the training, so nobody knows what was learnt.',
      'Belum ada peserta yang mengikuti prates dan pascates, sehingga hasil belajar tidak diketahui.',
      { tested },
    )
  }
  const mean = gain / tested
  if (mean >= leastGain) return
  return text(
    'The {tested} participants who were tested gained {gain} points on average; at least {needed} are expected. Ask them what they missed, and hold another session.',
    '{tested} peserta yang diuji rata-rata naik {gain} poin; diharapkan sedikitnya {needed}. Tanyakan apa yang kurang, dan adakan sesi tambahan.',
    { tested, gain: Math.floor(mean), needed: Math.floor(leastGain) },
  )
}

// followedUp asks for mentoring that began after the last session that was held, once there was time for it.
function followedUp({ facts, at }, { followUpDays }) {
  const ends = facts.training_events.flatMap(sessionsHeld).filter((session) => session.ends_at).map((session) => session.ends_at)
  if (ends.length === 0) return // what there is to be held is another rule's business
  const latest = ends.reduce((a, b) => (Number(a.seconds) >= Number(b.seconds) ? a : b))
  const last = day(latest)
  const until = new Date(Date.parse(last) + followUpDays * 86_400_000).toISOString().slice(0, 10)
  if (facts.activities.some((a) => a.kind === 'MENTORING' && a.actual_start !== undefined && a.actual_start >= last)) return
  if (day(at) <= until) return
  return text(
    'The last session was held on {last}, and no mentoring began since; it was due by {until}. Go back to those who were trained, and record the mentoring as an activity.',
    'Sesi terakhir terlaksana pada {last}, dan sejak itu belum ada pendampingan; tenggatnya {until}. Dampingi kembali para peserta, dan catat pendampingannya sebagai kegiatan.',
    { last, until },
  )
}
