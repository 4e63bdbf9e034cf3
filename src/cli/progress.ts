import { SingleBar } from "cli-progress";

/** Shows how far long work is: a bar on a terminal, a plain line now and then anywhere else. Always on stderr. */
export interface Progress {
  /** `total` is undefined where it is not known. */
  show(done: number, total: number | undefined): void;
  end(): void;
}

const everyMs = 2000;

export function progress(label: string, unit: string): Progress {
  return process.stderr.isTTY ? bar(label, unit) : lines(label, unit);
}

function bar(label: string, unit: string): Progress {
  const drawn = new SingleBar({
    format: `${label} [{bar}] {percentage}% {value}/{total} ${unit}`,
    hideCursor: true,
    clearOnComplete: false,
  });
  let isStarted = false;
  return {
    show(done, total) {
      if (!isStarted) drawn.start(total ?? done, done);
      isStarted = true;
      drawn.setTotal(total ?? done);
      drawn.update(done);
    },
    end: () => drawn.stop(),
  };
}

function lines(label: string, unit: string): Progress {
  let last = Date.now();
  return {
    show(done, total) {
      if (Date.now() - last < everyMs) return;
      last = Date.now();
      process.stderr.write(`${label} ${done}${total === undefined ? "" : `/${total}`} ${unit}\n`);
    },
    end() {},
  };
}
