import { expect, test } from 'claude-code/testing'

import { cut, meter, thousands } from '../../hooks/meter.js'
import { NEXT, orders, start, world } from './world.ts'

const PLAN = {
  show: true, quiet: 72_000, plain: 120_000, past: '', briefs: 0, brief: '',
  steps: [[120_000, 'warning', ''], [200_000, 'brief', "brief at this turn's end"], [967_000, 'compacts', '']],
}
const at = (tokens, limits = []) => ({
  context: { tokens, window: 1_000_000 }, cost: { usd: 0.5 }, rateLimits: limits,
})
const five = (percentUsed) => [{ kind: 'five_hour', percentUsed }]

for (const [name, figures, plan, columns, text, dim] of [
  ['far below', at(30_000), PLAN, 100, '30k of 1M (3 %) · $0.50', true],
  ['far below, cap high', at(30_000, five(63)), PLAN, 100, '30k of 1M (3 %) · $0.50 · 5h 63 %', true],
  ['far below, cap low', at(30_000, five(12)), PLAN, 100, '30k of 1M (3 %) · $0.50', true],
  ['near', at(90_000), PLAN, 100, '█││░░░░░░░ 90k of 1M (9 %) · $0.50 · warning at 120k', true],
  ['over the warning', at(150_000, five(12)), PLAN, 100, '██│░░░░░░░ 150k of 1M (15 %) · $0.50 · 5h 12 % · brief at 200k', false],
  ['over the handoff threshold since the hooks spoke', at(205_000), PLAN, 100, "██░░░░░░░░ 205k of 1M (21 %) · $0.50 · brief at this turn's end", false],
  ['over all', at(970_000), PLAN, 100, "██████████ 970k of 1M (97 %) · $0.50 · brief at this turn's end", false],
  ['past, as the hooks say', at(205_000), { ...PLAN, past: 'brief written' }, 100, '██░░░░░░░░ 205k of 1M (21 %) · $0.50 · brief written', false],
  ['past by cost, far below', at(30_000), { ...PLAN, past: 'cost $5 of $4' }, 100, '░││░░░░░░░ 30k of 1M (3 %) · $0.50 · cost $5 of $4', false],
  ['narrow', at(150_000, five(12)), PLAN, 44, '150k of 1M (15 %) · $0.50 · brief at 200k', false],
  ['narrower', at(150_000, five(12)), PLAN, 34, '150k of 1M (15 %) · brief at 200k', false],
  ['very narrow', at(150_000), PLAN, 8, '150k of…', false],
  ['of another model, as the hooks say', at(150_000), { ...PLAN, window: 200_000 }, 100, '████████░░ 150k of 200k (75 %) · $0.50 · brief at 200k', false],
  ['no window known', { context: { tokens: 900 } }, PLAN, 100, '900 tokens', true],
]) {
  test(`the meter ${name}`, () => {
    const line = meter(figures, plan, columns)
    expect(line.text).toBe(text)
    expect(line.dim).toBe(dim)
  })
}

test('there is no meter before an answer, without a plan, or when it is off', () => {
  expect(meter({ context: { window: 5 } }, PLAN, 80)).toBe(null)
  expect(meter(at(5), null, 80)).toBe(null)
  expect(meter(at(5), { show: false }, 80)).toBe(null)
})

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
  const { seen } = world(on, { [NEXT]: orders(null, { ...PLAN, past: 'the brief is being written' }) })
  await start($)
  seen.files[NEXT] = orders(null, { ...PLAN, past: 'brief written' })
  await $.session.measure({})
  const ui = await $.ui.mount(SITE)
  const line = await ui.find({ type: 'Text' })
  expect(line.children).toEqual(['░││░░░░░░░ 30k of 1M (3 %) · $0.50 · brief written'])
})

test('it is drawn above the prompt, dim when there is time', async ($, on) => {
  world(on, { [NEXT]: orders(null, PLAN) })
  await start($)
  const ui = await $.ui.mount(SITE)
  const line = await ui.find({ type: 'Text' })
  expect(line.children).toEqual(['30k of 1M (3 %) · $0.50'])
  expect(line.props.dimColor).toBe(true)
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
  expect((await ui.find({ type: 'Text' })).children[0]).toContain('a fresh session on haiku goes on in 2 s')
  await clock.advance(2000)
  await stopped
})

test('the countdown is drawn instead', async ($, on) => {
  const { clock } = world(on, { [NEXT]: orders({ do: 'clear', seconds: 2 }, PLAN) })
  await start($)
  const stopped = $.classic.Stop({ session_id: 'one', prompt_id: 'p1' })
  await clock.advance(100)
  const ui = await $.ui.mount(SITE)
  expect((await ui.find({ type: 'Text' })).children[0]).toContain('goes on in 2 s · Escape stops it')
  await clock.advance(2000)
  await stopped
})
