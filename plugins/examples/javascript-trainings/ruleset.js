// From a table of rules to the contract's answers. It needs nothing but the language, so rules can be tested without a server.

// A rule set is an object:
//   name, version, title: {en, id}, facts: [], schema: a JSON Schema of flat parameters,
//   rules: [{code, title, stages, moves, severity, waivable, path, check(question, parameters)}],
//   stages(parameters): {STAGE: {days, checklist: [{code, title}]}}
// check gives nothing where the facts are fine, and otherwise {en, id, values, path}: what is missing, in both languages.

export const STAGES = ['IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT']

export const described = (set) => ({
  name: set.name,
  version: set.version,
  contract: 1,
  title: set.title,
  facts: set.facts,
  parameters_schema: set.schema ? JSON.stringify(set.schema) : '',
  rules: set.rules.map(({ code, title, stages, moves, severity, waivable }) => ({ code, title, stages, moves, severity, waivable })),
})

// configured takes the parameters of a region, or throws an error that says what is wrong with them.
export function configured(set, region, struct) {
  const given = Object.fromEntries(Object.entries(struct?.fields ?? {}).map(([name, value]) => [name, value[value.kind]]))
  const known = set.schema?.properties ?? {}
  const parameters = Object.fromEntries(Object.entries(known).map(([name, { default: value }]) => [name, value]))
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(known, name)) throw new Error(`there is no parameter ${name}; there are: ${Object.keys(known).join(', ') || 'none'}`)
    fits(name, value, known[name])
    parameters[name] = value
  }
  set.region = region
  set.parameters = parameters
}

function fits(name, value, { type, minimum = -Infinity, maximum = Infinity }) {
  const right = type === 'integer' ? Number.isInteger(value) : type === 'number' ? Number.isFinite(value) : typeof value === type
  if (!right) throw new Error(`${name} must be of the type ${type}`)
  if (type !== 'string' && (value < minimum || value > maximum)) throw new Error(`${name} must be from ${minimum} to ${maximum}`)
}

// answers judges questions: a verdict of every rule that speaks to the programme's stage and to the move. A rule that throws blocks
// the move by itself; the others are heard all the same.
export const answers = (set, questions, broke) =>
  questions.map((question) => ({
    programme_id: question.programme_id,
    verdicts: set.rules
      .filter((rule) => rule.moves.includes(question.move) && rule.stages.includes(question.facts?.programme?.stage))
      .map((rule) => verdict(rule, question, set.parameters, broke)),
  }))

function verdict(rule, question, parameters, broke) {
  try {
    const missing = rule.check(question, parameters)
    if (!missing) return { rule: rule.code, passed: true }
    const values = Object.fromEntries(Object.entries(missing.values ?? {}).map(([name, value]) => [name, String(value)]))
    return {
      rule: rule.code,
      passed: false,
      severity: rule.severity,
      waivable: rule.waivable,
      message: { en: missing.en, id: missing.id },
      path: missing.path ?? rule.path,
      values,
    }
  } catch (fault) {
    broke(rule.code, fault)
    return {
      rule: 'RULE_ERROR',
      passed: false,
      severity: 'BLOCK',
      waivable: 'NO',
      message: {
        en: `The rule ${rule.code} broke down and could not judge; tell the office that made it.`,
        id: `Aturan ${rule.code} mengalami kesalahan dan tidak dapat menilai; beri tahu kantor pembuatnya.`,
      },
    }
  }
}

// plans says by when the stage is due that each question leads to, and what there is to do in it.
export const plans = (set, questions) =>
  questions.map((question) => {
    const work = set.stages?.(set.parameters)[question.target_stage] ?? {}
    return {
      programme_id: question.programme_id,
      due_on: work.days ? day(question.at, work.days) : '',
      checklist: work.checklist ?? [],
    }
  })

// day gives the day of an instant as YYYY-MM-DD, so many days later. Berdaya counts days as the easternmost of Indonesia's time
// zones does, nine hours ahead of UTC: nobody there is told that today is still ahead.
export const day = (instant, later = 0) => new Date((Number(instant.seconds) + 9 * 3600 + later * 86400) * 1000).toISOString().slice(0, 10)

// text puts values in the place of their {names}, in both languages.
export function text(en, id, values = {}) {
  const fill = (message) => message.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole))
  return { en: fill(en), id: fill(id), values }
}
