/** Draws a line chart as an SVG: one logarithmic axis to the right, one linear axis upwards from zero. */

export interface Series {
  readonly name: string;
  /** Ascending in x, all positive. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
}

const WIDTH = 850;
const HEIGHT = 420;
const PLOT = { left: 90, right: 600, top: 60, bottom: 360 } as const;
/** Distinguishable without colour vision too, with the order of the legend (Okabe and Ito). */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const;

export function chartToSvg(chart: Chart): string {
  const points = chart.series.flatMap((series) => series.points);
  const decades = {
    first: Math.floor(Math.log10(Math.min(...points.map(([x]) => x)))),
    last: Math.ceil(Math.log10(Math.max(...points.map(([x]) => x)))),
  };
  const step = tickStep(Math.max(...points.map(([, y]) => y)));
  const yMax = step * Math.ceil(Math.max(...points.map(([, y]) => y)) / step);
  const toX = (x: number): number =>
    PLOT.left +
    ((Math.log10(x) - decades.first) / Math.max(1, decades.last - decades.first)) * (PLOT.right - PLOT.left);
  const toY = (y: number): number => PLOT.bottom - (y / yMax) * (PLOT.bottom - PLOT.top);

  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(PLOT.left, 26, 'start', chart.title, 'font-size="16" font-weight="bold"'),
    text((PLOT.left + PLOT.right) / 2, HEIGHT - 16, 'middle', chart.xLabel),
    text(PLOT.left - 8, PLOT.top - 10, 'end', chart.yLabel),
  ];
  for (let decade = decades.first; decade <= decades.last; decade++) {
    const x = toX(10 ** decade);
    parts.push(
      line(x, PLOT.top, x, PLOT.bottom),
      text(x, PLOT.bottom + 20, 'middle', (10 ** decade).toLocaleString('en')),
    );
  }
  for (let y = 0; y <= yMax; y += step) {
    parts.push(
      line(PLOT.left, toY(y), PLOT.right, toY(y)),
      text(PLOT.left - 8, toY(y) + 4, 'end', y.toLocaleString('en')),
    );
  }
  chart.series.forEach(({ name, points: own }, i) => {
    const color = COLORS[i % COLORS.length] ?? COLORS[0];
    const path = own.map(([x, y]) => `${toX(x).toFixed(1)},${toY(y).toFixed(1)}`);
    parts.push(`<polyline points="${path.join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>`);
    for (const at of path) {
      const [x, y] = at.split(',');
      parts.push(`<circle cx="${x}" cy="${y}" r="3.5" fill="${color}"/>`);
    }
    const legendY = PLOT.top + 10 + i * 22;
    parts.push(`<rect x="${PLOT.right + 18}" y="${legendY - 9}" width="12" height="12" fill="${color}"/>`);
    parts.push(text(PLOT.right + 36, legendY + 2, 'start', name));
  });
  return `${parts.join('\n')}\n</svg>\n`;
}

/** 1, 2 or 5 times a power of ten, such that four to ten of them reach `max`. */
function tickStep(max: number): number {
  const power = 10 ** Math.floor(Math.log10(max));
  const lead = max / power;
  return lead < 2 ? power / 5 : lead < 5 ? power / 2 : power;
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#d8d8d8"/>`;
}

function text(x: number, y: number, anchor: 'start' | 'middle' | 'end', content: string, more: string = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#222222" ${more}>${escaped}</text>`;
}
