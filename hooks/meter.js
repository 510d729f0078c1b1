// What the line above the prompt says. Pure: figures and plan in, text out. What the plan means is
// decided in plugin/handoff/mod/meter_line.py.

const CELLS = 10

/**
 * The line for so many columns as `{text, dim}`, null where there is nothing to draw.
 *
 * `figures` is the client's own `{context, cost, rateLimits}`; `plan` what the hooks last wrote.
 */
export function meter(figures, plan, columns) {
  if (!plan || !plan.show || !figures) return null
  const { tokens, window: own } = figures.context ?? {}
  const window = plan.window || own // the client's own, unless another model answers
  if (tokens === undefined) return null // nothing was answered yet
  const isFar = tokens < plan.quiet && !plan.past
  const ahead = plan.past || passed(tokens, plan.steps) || next(tokens, plan.steps)
  // By what must stay longest; shown in this order.
  const pieces = [
    [3, isFar ? '' : bar(tokens, window, plan.steps)],
    [0, size(tokens, window)],
    [2, figures.cost ? '$' + figures.cost.usd.toFixed(2) : ''],
    [4, cap(figures.rateLimits, isFar ? 50 : 0)],
    [1, isFar ? '' : ahead],
  ].filter(([, text]) => text)
  while (pieces.length > 1 && join(pieces).length > columns) {
    const least = Math.max(...pieces.map(([rank]) => rank))
    pieces.splice(pieces.findIndex(([rank]) => rank === least), 1)
  }
  return { text: cut(join(pieces), columns), dim: !plan.past && tokens < plan.plain }
}

/** `text` in so many columns. */
export function cut(text, columns) {
  return text.length <= columns ? text : text.slice(0, Math.max(0, columns - 1)) + '…'
}

/** `182340` -> `182k`, `1000000` -> `1M`. */
export function thousands(count) {
  if (count >= 999_500) return String(Number((count / 1e6).toFixed(2))) + 'M'
  return count >= 1000 ? Math.round(count / 1000) + 'k' : String(count)
}

function size(tokens, window) {
  if (!window) return thousands(tokens) + ' tokens'
  return `${thousands(tokens)} of ${thousands(window)} (${Math.round((100 * tokens) / window)} %)`
}

/** `███░│░│░░░`: the share of the window, a mark at each threshold that lies ahead. */
function bar(tokens, window, steps) {
  if (!window) return ''
  const filled = Math.min(CELLS, Math.round((CELLS * tokens) / window))
  const drawn = [...'█'.repeat(filled), ...'░'.repeat(CELLS - filled)]
  for (const [limit, word] of steps) {
    if (word !== 'compacts' && limit > tokens && limit < window) {
      drawn[Math.min(CELLS - 1, Math.floor((CELLS * limit) / window))] = '│'
    }
  }
  return drawn.join('')
}

/** What is said of the last threshold that is passed: the context grows between two words of the hooks. */
function passed(tokens, steps) {
  return steps.findLast(([limit, , then]) => limit <= tokens && then)?.[2] ?? ''
}

function next(tokens, steps) {
  const step = steps.find(([limit]) => limit > tokens)
  return step ? `${step[1]} at ${thousands(step[0])}` : ''
}

function cap(limits, from) {
  const limit = (limits ?? []).find((one) => one.kind === 'five_hour')
  return limit && limit.percentUsed >= from ? `5h ${Math.round(limit.percentUsed)} %` : ''
}

/** The bar stands before the figures without a dot. */
function join(pieces) {
  const text = pieces.map(([, piece]) => piece).join(' · ')
  return pieces[0]?.[0] === 3 ? text.replace(' · ', ' ') : text
}
