import { expect, test } from 'claude-code/testing'

import LINES from './lines.js'
import { MOD, NEXT, aborted, end, orders, start, world } from './world.ts'

const HANDOFF = orders({ do: 'handoff' })
const CLEAR = orders({ do: 'clear', seconds: 2, stopped: 'brief “Till” written.\nRun /clear.\nTo undo: git revert abc\nPaused.' })

test('it says what the client knows', async ($, on) => {
  const { seen } = world(on)
  await start($)
  await $.classic.Stop({ session_id: 'one', prompt_id: 'p1' })
  const reading = JSON.parse(seen.files[MOD])
  expect(reading).toMatchObject({ at: 1000, session: 'one', turn: 'p1', interactive: true, model: 'claude-opus-5-5' })
  expect(reading.context.tokens).toBe(30_000)
  expect(seen.registered).toEqual(['handoff', 'pickup', 'handoffs'])
  expect(reading.commands).toEqual(['handoff', 'pickup', 'handoffs'])
})

test('an order to hand over is a real command, once', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: HANDOFF })
  await start($)
  await end($)
  await clock.advance(100)
  expect(seen.ran).toEqual([['handoff:handoff', '']])
  expect(JSON.parse(seen.files[MOD]).took).toBe('o1')
  await end($)
  await clock.advance(100)
  expect(seen.ran.length).toBe(1)
})

test('without an order nothing is done', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: orders() })
  await start($)
  await end($)
  await clock.advance(100)
  expect(seen.ran).toEqual([])
})

test('an order of another turn is left alone', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: orders({ do: 'handoff', turn: 'p0' }) })
  await start($)
  await end($)
  await clock.advance(100)
  expect(seen.ran).toEqual([])
})

for (const [name, more] of [
  ['an aborted turn', aborted],
  ['a refused turn', { reason: 'refusal' }],
  ['a turn that an error ended', { reason: 'error' }],
  ["a subagent's turn", { agentId: 'a1' }],
]) {
  test(`${name} hands nothing over`, async ($, on) => {
    const { seen, clock } = world(on, { [NEXT]: HANDOFF })
    await start($)
    await end($, more)
    await clock.advance(100)
    expect(seen.ran).toEqual([])
  })
}

test('while somebody types it waits, and says so', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: HANDOFF }, { prompt: 'half a' })
  await start($)
  await end($)
  await clock.advance(100)
  expect(seen.ran).toEqual([])
  expect(JSON.parse(seen.files[MOD])).toMatchObject({ held: 'typing', took: '' })
  seen.prompt = ''
  await end($)
  await clock.advance(100)
  expect(seen.ran).toEqual([['handoff:handoff', '']])
  expect(JSON.parse(seen.files[MOD])).toMatchObject({ held: '', took: 'o1' })
})

test('a turn that began meanwhile comes first', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: HANDOFF })
  await start($)
  await end($)
  await $.turn.start({ turnId: 't2', text: 'more' })
  await clock.advance(100)
  expect(seen.ran).toEqual([])
  expect(JSON.parse(seen.files[MOD]).held).toBe('busy')
})

test('auto mode counts down, clears, and submits what the new session is told', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: CLEAR })
  await start($)
  const ended = end($)
  await clock.advance(1000)
  expect(seen.ran).toEqual([])
  await clock.advance(1000)
  await ended
  await clock.advance(100)
  expect(seen.ran).toEqual([['clear', '']])
  seen.files['/state/next/two.json'] = orders({ do: 'go', turn: '', prompt: 'Go on.' })
  await $.classic.SessionStart({ session_id: 'two', source: 'clear' })
  await clock.advance(100)
  expect(seen.submitted).toEqual(['Go on.'])
  expect(JSON.parse(seen.files['/state/mod/two.json'])).toMatchObject({ parent: 'one', order: 'o1', session: 'two' })
})

for (const [name, answer] of [
  ['a hook that blocks, or a goal', { block: 'go on' }],
  ["a hook's context", { additionalContext: ['go on'] }],
]) {
  test(`${name} makes the turn go on: auto mode waits for its real end`, async ($, on) => {
    const { seen, clock } = world(on, { [NEXT]: CLEAR })
    await start($)
    seen.stop = answer
    await $.classic.Stop({ session_id: 'one', prompt_id: 'p1' })
    await clock.advance(5000)
    expect(seen.ran).toEqual([])
    seen.stop = {}
    const ended = end($)
    await clock.advance(2000)
    await ended
    await clock.advance(100)
    expect(seen.ran).toEqual([['clear', '']])
    expect(seen.toasts).toEqual([])
  })

  test(`${name} makes the turn go on: the order to hand over waits for its real end`, async ($, on) => {
    const { seen, clock } = world(on, { [NEXT]: HANDOFF })
    await start($)
    seen.stop = answer
    await $.classic.Stop({ session_id: 'one', prompt_id: 'p1' })
    await clock.advance(5000)
    expect(seen.ran).toEqual([])
    seen.stop = {}
    await end($)
    await clock.advance(100)
    expect(seen.ran).toEqual([['handoff:handoff', '']])
  })
}

test('a hook that blocks until the client overrules it leaves the next session to the user', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: CLEAR })
  await start($)
  seen.stop = { block: 'go on' }
  await end($)
  await clock.advance(5000)
  expect(seen.ran).toEqual([])
  expect(seen.toasts).toEqual(['auto mode stopped, as another hook kept this turn going; /clear continues from the brief'])
})

test('a new session that was not given the brief does not go on', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: CLEAR })
  await start($)
  const ended = end($)
  await clock.advance(2000)
  await ended
  await clock.advance(100)
  seen.files['/state/next/two.json'] = orders()
  await $.classic.SessionStart({ session_id: 'two', source: 'clear' })
  await clock.advance(100)
  expect(seen.submitted).toEqual([])
})

test("a person's own /clear is not auto mode's", async ($, on) => {
  const { seen, clock } = world(on, { '/state/next/two.json': orders({ do: 'go', turn: '', prompt: 'Go on.' }) })
  await start($)
  await $.classic.SessionStart({ session_id: 'two', source: 'clear' })
  await clock.advance(100)
  expect(seen.submitted).toEqual([])
  expect(JSON.parse(seen.files['/state/mod/two.json'])).toMatchObject({ parent: '', order: '' })
})

test('Escape, which aborts the turn, stops auto mode for good, and what was written is said', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: CLEAR })
  await start($)
  $.classic.Stop({ session_id: 'one', prompt_id: 'p1' })
  await clock.advance(1000)
  await $.turn.complete({ turnId: 't', answer: 'Done.', durationMs: 1, usage: null, ...aborted })
  await clock.advance(5000)
  expect(seen.ran).toEqual([])
  expect(seen.toasts).toEqual([])
  expect(seen.printed).toEqual(['brief “Till” written. Run /clear. To undo: git revert abc · Paused.'])
  expect(JSON.parse(seen.files[MOD]).took).toBe('o1')
})

test('who types during the countdown stops it', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: CLEAR }, { prompt: 'half' })
  await start($)
  const ended = end($)
  await clock.advance(1000)
  seen.prompt = 'half a word'
  await clock.advance(1000)
  await ended
  await clock.advance(100)
  expect(seen.ran).toEqual([])
  expect(seen.toasts).toEqual(['auto mode stopped, as you are typing; /clear continues from the brief'])
})

test('a prompt that is sent during the countdown stops it', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: CLEAR })
  await start($)
  const ended = end($)
  await clock.advance(1000)
  await $.prompt.submit({ text: 'wait', wait: false, origin: { kind: 'composer' } })
  await clock.advance(1000)
  await ended
  await clock.advance(100)
  expect(seen.ran).toEqual([])
  expect(seen.toasts.length).toBe(1)
})

test('the prompt that a turn answers is no news', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: CLEAR })
  await start($)
  await $.prompt.submit({ text: 'hand over', wait: false, origin: { kind: 'composer' } })
  await $.turn.start({ turnId: 't1', text: 'hand over' })
  const ended = end($)
  await clock.advance(2000)
  await ended
  await clock.advance(100)
  expect(seen.ran).toEqual([['clear', '']])
})

test('a prompt that waits since the brief was being written comes first', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: CLEAR })
  await start($)
  await $.turn.start({ turnId: 't1', text: '/handoff:handoff' })
  await $.prompt.submit({ text: 'wait', wait: true, origin: { kind: 'composer' } })
  const ended = end($)
  await clock.advance(2000)
  await ended
  await clock.advance(100)
  expect(seen.ran).toEqual([])
})

test('half-typed text that stays as it is stops nothing', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: CLEAR }, { prompt: 'half' })
  await start($)
  const ended = end($)
  await clock.advance(2000)
  await ended
  await clock.advance(100)
  expect(seen.ran).toEqual([['clear', '']])
})

test('a prompt right after the countdown comes first', async ($, on) => {
  const { seen, clock } = world(on, { [NEXT]: CLEAR })
  await start($)
  const ended = end($)
  await clock.advance(2000)
  await ended
  await $.turn.start({ turnId: 't2', text: 'more' })
  await clock.advance(100)
  expect(seen.ran).toEqual([])
})

test('what the hooks leave to be said is printed once, a message a line, without our name', async ($, on) => {
  const { seen } = world(on)
  await start($)
  seen.files[NEXT] = orders(null, undefined, 'handoff: saved.\nTo undo: git revert abc\nhandoff: and more.')
  await $.classic.StopFailure({ session_id: 'one', error: 'rate_limit' })
  await end($)
  expect(seen.printed).toEqual(['saved. To undo: git revert abc', 'and more.'])
  expect(JSON.parse(seen.files[MOD]).said).toContain('handoff: saved.')
})

test('a message that comes behind one that waits is printed alone', async ($, on) => {
  const { seen } = world(on)
  await start($)
  seen.files[NEXT] = orders(null, undefined, 'handoff: saved.\nTo undo: git revert abc')
  await $.classic.StopFailure({ session_id: 'one', error: 'rate_limit' })
  seen.files[NEXT] = orders(null, undefined, 'handoff: saved.\nTo undo: git revert abc\nhandoff: and more.')
  await end($)
  expect(seen.printed).toEqual(['saved. To undo: git revert abc', 'and more.'])
})

test('with -p nothing is printed', async ($, on) => {
  const { seen } = world(on, { [NEXT]: orders(null, undefined, 'handoff: saved.') })
  await $.session.start({ surface: 'print', isInteractive: false, cwd: '/work' })
  await end($)
  expect(seen.printed).toEqual([])
})

test('with -p no bare command is made', async ($, on) => {
  const { seen } = world(on)
  await $.session.start({ surface: 'terminal', isInteractive: false, cwd: '/work' })
  expect(seen.registered).toEqual([])
  expect(JSON.parse(seen.files[MOD]).interactive).toBe(false)
})

test('the bare commands run the plugin’s own', async ($, on) => {
  const { seen, clock } = world(on)
  await start($)
  await $.command.run({ command: 'handoff', args: 'the receipt' })
  await $.command.run({ command: 'pickup', args: 'b1' })
  await clock.advance(100)
  expect(seen.ran).toEqual([['handoff:handoff', 'the receipt'], ['handoff:pickup', 'b1']])
})

test('what changes the session is done by the program', async ($, on) => {
  const { seen, clock } = world(on)
  await start($)
  for (const args of ['off', 'notify', 'write', 'auto', 'later']) {
    const answer = await $.command.run({ command: 'handoff', args })
    expect(answer).toEqual({ text: 'said', isTextDisplayOnly: true })
  }
  await $.command.run({ command: 'handoffs', args: '' })
  await clock.advance(100)
  const own = ['--session', 'one']
  expect(seen.processes).toEqual([
    ['session', 'mode', 'off', ...own], ['session', 'mode', 'notify', ...own],
    ['session', 'mode', 'write', ...own],
    ['session', 'mode', 'auto', ...own], ['session', 'later', ...own], ['list', '--width', '44'],
  ])
  expect(seen.ran).toEqual([])
})
