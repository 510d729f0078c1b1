import { mock } from 'claude-code/testing'

export const MOD = '/state/mod/one.json'
export const NEXT = '/state/next/one.json'

const OURS = ['handoff:handoff', 'handoff:pickup', 'handoff:spec'].map((name) => ({ name, description: '', source: 'plugin', plugin: 'handoff' }))

// What Claude Code and the hooks would answer; `seen` is what the mod did.
export function world(on, files = {}, { prompt = '', tokens = 30_000, compaction = null, taken = [], others = [], env = { HANDOFF_HOME: '/state' }, disk = true, home = true } = {}) {
  const clock = mock.clock(on, { now: 1_000_000 })
  mock.env(on, { HOME: '/home/robin', ...env })
  const seen = { files, prompt, ran: [], submitted: [], toasts: [], printed: [], registered: [], processes: [], asked: [], answers: true, id: 'one', tokens, others, stop: {} }
  on('fs.write', ($, e) => { if (!disk) return { deny: 'read-only' }; seen.files[e.path] = e.text; return { value: undefined } })
  on('fs.exists', () => ({ value: home }))
  on('fs.read', ($, e) => (e.path in seen.files ? { value: seen.files[e.path] } : { deny: 'no such file' }))
  on('session.usage', ($, e) => {
    if (e.breakdown && compaction === null) return { deny: 'not known here' }
    const breakdown = e.breakdown === 'summary' ? { breakdown: { gridRows: [], ...compaction } } : {}
    return { value: { startedAt: 0, context: { tokens: seen.tokens, window: 1_000_000, percent: 3, ...breakdown }, rateLimits: [], cost: { usd: 0.5 } } }
  })
  on('session.model', () => ({ value: 'claude-opus-5-5' }))
  on('session.id', () => ({ value: seen.id }))
  on('session.cwd', () => ({ value: '/work' }))
  on('session.start', () => ({ cwd: '/work' }))
  on('session.measure', () => ({ changed: [] }))
  on('turn.start', ($, e) => ({ turnId: e.turnId }))
  on('turn.step', async function* ($, e) {
    seen.asked.push(e.model)
    const usage = seen.answers ? { input_tokens: 1, output_tokens: 1, model: `claude-${e.model}` } : null
    return { turnId: e.turnId, index: e.index, answer: '', toolUses: [], stopReason: null, usage }
  })
  on('turn.complete', () => ({ text: '' }))
  on('classic.Stop', () => seen.stop)
  on('classic.SessionStart', () => ({}))
  on('classic.StopFailure', () => ({}))
  on('prompt.read', () => ({ value: { text: seen.prompt, cursor: 0 } }))
  on('prompt.submit', ($, e) => { if (e.asUser || e.origin?.kind === 'plugin') seen.submitted.push(e.text); return { text: e.text } })
  on('command.register', ($, e) => { if (taken.includes(e.name)) return { deny: 'taken' }; seen.registered.push(e.name); return { value: undefined } })
  on('command.list', () => (seen.others ? { value: [...seen.others, ...OURS] } : { deny: 'no list' }))
  on('command.run', ($, e) => { seen.ran.push([e.command, e.args]); return {} })
  on('process.run', ($, e) => { seen.processes.push(e.argv.slice(1)); return { value: { exitCode: 0, stdout: 'said\n', stderr: '' } } })
  on('ui.toast', ($, e) => { seen.toasts.push(e.text); return { value: undefined } })
  on('ui.log', ($, e) => { seen.printed.push(e.text); return { value: undefined } })
  on('ui.render', () => ({ type: 'Text', props: {}, children: ['nothing'] }))
  return { clock, seen }
}


// What the hooks write; `order` holds for the turn `p1`.
export function orders(order = null, meter = { show: false }, say = '') {
  return JSON.stringify({ meter, say, order: order && { id: 'o1', turn: 'p1', ...order } })
}

export async function start($) {
  await $.session.start({ surface: 'terminal', isInteractive: true, cwd: '/work' })
}

// The end of a turn, as the client raises it: Stop's hooks first.
export async function end($, more = {}) {
  await $.classic.Stop({ session_id: 'one', prompt_id: 'p1' })
  await $.turn.complete({ turnId: 't', answer: 'Done.', durationMs: 1, isAborted: false, reason: 'answer', usage: null, ...more })
}

export const aborted = { isAborted: true, reason: 'aborted' }
