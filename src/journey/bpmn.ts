/**
 * BPMN 2.0, as far as journeys go: which elements stand for which steps, for `bpmn-write.ts` and `bpmn-read.ts` alike. What BPMN has
 * no words for (channels, conditions, ids) stands in extension elements of our own namespace, in the form of a workflow file.
 */
export const MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL";
export const WAYPOST = "urn:waypost:journey:1";

/** A node of a process. */
export interface BpmnNode {
  readonly id: string;
  /** The element, such as `sendTask`. */
  readonly element: string;
  readonly name: string;
  /** `message`, `timer`, `conditional`, `signal`, of an event. */
  readonly trigger: { readonly kind: string; readonly detail: string } | null;
  /** The journey's head at the start, the step elsewhere, as a workflow file has it. */
  readonly carries: object | null;
  /** Stands for no step of its own: an event behind an event-based gateway, the gateway behind a task with several ways. */
  readonly isPart: boolean;
}

export interface BpmnFlow {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** What modellers show. */
  readonly name: string | null;
  /** `then`, the name of an arm: which way of the step it is. */
  readonly way: string | null;
  readonly isBack: boolean;
}

export interface BpmnProcess {
  readonly name: string;
  readonly describe: string | null;
  readonly nodes: readonly BpmnNode[];
  readonly flows: readonly BpmnFlow[];
  /** What ends a passage at once, each drawn as an event sub-process. */
  readonly stops: readonly { readonly name: string; readonly trigger: "message" | "conditional" }[];
}
