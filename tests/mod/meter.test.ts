import { expect, test } from 'claude-code/testing'

import { clock, cut, meter, thousands } from '../../hooks/meter.js'
import LINES from './lines.js'
import { NEXT, orders, start, world } from './world.ts'

// Text and colour for figures and a plan, at both painters: tests/unit/session/test_line.py has the other.
const PLAN = { ...LINES.plan, show: true }

function figures(one) {
  const caps = ['five_hour', 'seven_day'].filter((kind) => one[kind] !== null)
  return {
    context: { tokens: one.tokens ?? undefined, window: 1_000_000 },
    cost: { usd: one.cost_usd ?? undefined },
    rateLimits: caps.map((kind) => ({ kind, percentUsed: one[kind], resetsAt: LINES.resets[kind] })),
  }
}

for (const one of LINES.cases) {
  test(`the meter: ${one.name}`, () => {
    const plan = { ...PLAN, ...one.plan }
    const now = figures(one)
    const line = meter({ ...now, context: { ...now.context, window: plan.window } }, plan, one.columns, LINES.at)
    const text = one.text.replace(/<(\w+)>/, (_, kind) => clock(LINES.resets[kind], LINES.at))
    if (one.columns === 0 || text) expect(line).toEqual({ text, colour: one.colour })
    else expect(line).toBe(null)
  })
}

test('what the client counts again only with the next answer is known to the hooks', () => {
  const resumed = { context: { window: 1_000_000 }, cost: { usd: 0 }, rateLimits: [] }
  expect(meter(resumed, { ...PLAN, tokens: 150_000 }, 100, LINES.at).text).toBe('███████░░░ context 150k · brief at 200k · $0.00')
})

test('there is no meter without a plan, or when it is off', () => {
  const now = figures({ tokens: 5, cost_usd: 1, five_hour: null, seven_day: null })
  expect(meter(now, null, 80, 0)).toBe(null)
  expect(meter(now, { show: false }, 80, 0)).toBe(null)
})

test('a cap resets at a time of day, or on a day', () => {
  const at = new Date(2026, 10, 22, 12, 0).getTime() / 1000
  expect(clock(at + 7_200, at)).toBe('14:00')
  expect(clock(at + 3 * 86_400, at)).toBe('Wed 12:00')
  expect(clock(at + 11 * 3_600, at)).toBe('23:00')
  expect(clock(at + 11.9 * 3_600, at)).toBe('23:54')
  expect(clock(at + 13 * 3_600, at)).toBe('Mon 01:00')
})

for (const [name, resetsAt] of [['an ISO date', '2026-11-22T14:00:00.000Z'], ['seconds', 1_795_356_000], ['milliseconds', 1_795_356_000_000]]) {
  test(`a cap's reset given as ${name}`, () => {
    const now = { ...figures({ tokens: 60_000, cost_usd: null, five_hour: null, seven_day: null }), rateLimits: [{ kind: 'five_hour', percentUsed: 91, resetsAt }] }
    expect(meter(now, PLAN, 100, LINES.at).text).toContain(`5h 91%, resets ${clock(1_795_356_000, LINES.at)} · `)
  })
}

test('numbers are as short as a person wants them', () => {
  expect([5, 1499, 182_340, 999_600, 1_500_000].map(thousands)).toEqual(['5', '1k', '182k', '1M', '1.5M'])
  expect(cut('abc', 3)).toBe('abc')
  expect(cut('abcd', 3)).toBe('ab…')
})

const SITE = {
  plugin: 'handoff', component: 'AbovePrompt', requestId: 'above-prompt', surface: 'terminal',
  viewport: { columns: 100, rows: 30, isFullscreen: true },
  props: { hasSurvey: false, isCollapsed: false, isWorking: false, maxRows: 10, bodyColumns: 95, scroll: { offset: 0, bodyRows: 9 }, view: {} },
}

test('what the hooks wrote within a turn is drawn with the next figures, and orders nothing', async ($, on) => {
  const { seen } = world(on, { [NEXT]: orders(null, { ...PLAN, now: 'the brief is being written' }) })
  await start($)
  seen.files[NEXT] = orders(null, { ...PLAN, now: 'brief written' })
  await $.session.measure({})
  const ui = await $.ui.mount(SITE)
  const line = await ui.find({ type: 'Text' })
  expect(line.children).toEqual(['█░░░░░│░░░ context 30k · brief written · $0.50'])
})

test('it is drawn above the prompt, dim when there is time', async ($, on) => {
  world(on, { [NEXT]: orders(null, PLAN) })
  await start($)
  const ui = await $.ui.mount(SITE)
  const line = await ui.find({ type: 'Text' })
  expect(line.children).toEqual(['█░░░░░│░░░ context 30k · $0.50'])
  expect(line.props.dimColor).toBe(true)
})

for (const [tokens, style] of [[142_000, 'warning'], [205_000, 'error']]) {
  test(`it has the status line's colours: ${style}`, async ($, on) => {
    world(on, { [NEXT]: orders(null, PLAN) }, { tokens })
    await start($)
    const ui = await $.ui.mount(SITE)
    expect((await ui.find({ type: 'Text' })).props.color).toBe(style)
  })
}

test('it is drawn anew with each answer, also within a turn', async ($, on) => {
  const { seen, clock: time } = world(on, { [NEXT]: orders(null, PLAN) })
  await start($)
  const steps = $.turn.step({ turnId: 't', index: 0, model: 'opus' })
  for await (const _ of steps) { /* it streams */ }
  seen.tokens = 205_000
  seen.files[NEXT] = orders(null, { ...PLAN, now: 'brief written' })
  await time.advance(100)
  const ui = await $.ui.mount(SITE)
  expect((await ui.find({ type: 'Text' })).children).toEqual(['██████████ context 205k, over 200k · brief written · $0.50'])
})

test('what a compaction took away is not counted', async ($, on) => {
  const { seen, clock: time } = world(on, { [NEXT]: orders(null, PLAN) }, { tokens: 205_000 })
  await start($)
  await $.classic.SessionStart({ session_id: 'one', source: 'compact' })
  expect(JSON.parse(seen.files['/state/mod/one.json']).context).toEqual({ window: 1_000_000 })
  const ui = await $.ui.mount(SITE)
  expect((await ui.find({ type: 'Text' })).children).toEqual(['context not counted yet · $0.50'])
  seen.tokens = undefined
  await time.advance(1000)
  seen.tokens = 9_000
  await $.session.measure({})
  expect((await ui.find({ type: 'Text' })).children).toEqual(['░░░░░░│░░░ context 9k · $0.50'])
})

test('what code wrote meanwhile is said until the next turn begins', async ($, on) => {
  world(on, { [NEXT]: orders(null, { ...PLAN, idle: 'snapshot written' }) })
  await start($)
  const ui = await $.ui.mount(SITE)
  expect((await ui.find({ type: 'Text' })).children).toEqual(['█░░░░░│░░░ context 30k · snapshot written · $0.50'])
  await $.turn.start({ turnId: 't2', text: 'more' })
  await $.session.measure({})
  expect((await ui.find({ type: 'Text' })).children).toEqual(['█░░░░░│░░░ context 30k · $0.50'])
})

test('a survey has the place to itself', async ($, on) => {
  world(on, { [NEXT]: orders(null, PLAN) })
  await start($)
  const ui = await $.ui.mount({ ...SITE, props: { ...SITE.props, hasSurvey: true } })
  expect((await ui.find({ type: 'Text' })).children).toEqual(['nothing'])
})

test('the countdown names the model that follows', async ($, on) => {
  const { clock } = world(on, { [NEXT]: orders({ do: 'clear', seconds: 2, model: 'haiku' }, PLAN) })
  await start($)
  const stopped = $.classic.Stop({ session_id: 'one', prompt_id: 'p1' })
  await clock.advance(100)
  const ui = await $.ui.mount(SITE)
  expect((await ui.find({ type: 'Text' })).children[0]).toContain('a fresh session on haiku continues in 2 s')
  await clock.advance(2000)
  await stopped
})

test('the countdown says in a narrow window too that Escape stops it', async ($, on) => {
  const { clock } = world(on, { [NEXT]: orders({ do: 'clear', seconds: 2, model: 'haiku' }, PLAN) })
  await start($)
  const stopped = $.classic.Stop({ session_id: 'one', prompt_id: 'p1' })
  await clock.advance(100)
  const ui = await $.ui.mount({ ...SITE, props: { ...SITE.props, bodyColumns: 46 } })
  expect((await ui.find({ type: 'Text' })).children[0]).toBe('fresh session in 2 s · Escape stops it')
  await clock.advance(2000)
  await stopped
})

test('the countdown is drawn instead', async ($, on) => {
  const { clock } = world(on, { [NEXT]: orders({ do: 'clear', seconds: 2 }, PLAN) })
  await start($)
  const stopped = $.classic.Stop({ session_id: 'one', prompt_id: 'p1' })
  await clock.advance(100)
  const ui = await $.ui.mount(SITE)
  expect((await ui.find({ type: 'Text' })).children[0]).toContain('continues in 2 s · Escape stops it')
  await clock.advance(2000)
  await stopped
})
