import { SingleBar } from "cli-progress";

/** Shows how far long work is: a bar on a terminal, a plain line now and then anywhere else. Always on stderr. */
export interface Progress {
  /** `phase` is what is being done; `note` stands behind the bar. */
  show(phase: string, done: number, total: number, note: string): void;
  end(): void;
}

const everyMs = 2000;

export function progress(label: string): Progress {
  return process.stderr.isTTY ? bar(label) : lines(label);
}

function bar(label: string): Progress {
  const drawn = new SingleBar({
    format: `${label}: {phase} [{bar}] {percentage}% {note}`,
    hideCursor: true,
  });
  let isStarted = false;
  return {
    show(phase, done, total, note) {
      if (!isStarted) drawn.start(total, done, { phase, note });
      isStarted = true;
      drawn.setTotal(total);
      drawn.update(done, { phase, note });
    },
    end: () => drawn.stop(),
  };
}

function lines(label: string): Progress {
  let last = Date.now();
  return {
    show(phase, done, total, note) {
      if (Date.now() - last < everyMs) return;
      last = Date.now();
      const percentage = total === 0 ? 100 : Math.floor((100 * done) / total);
      process.stderr.write(`${label}: ${phase} ${percentage}% ${note}\n`);
    },
    end() {},
  };
}
