import { isObject } from "../../core/is-object.js";

/** What LangChain's callback manager offers here. */
interface ManagerShape {
  handlers?: unknown[];
  copy(additional: unknown[], inherit: boolean): unknown;
  getParentRunId?(): string | undefined;
  removeHandler?(handler: unknown): void;
}

function isManager(callbacks: unknown): callbacks is ManagerShape {
  return isObject(callbacks) && typeof callbacks.copy === "function";
}

/** Callbacks with one more handler; the given ones stay as they are. */
export function withOneMore(callbacks: unknown, handler: object): unknown {
  if (Array.isArray(callbacks)) return [...callbacks, handler];
  return isManager(callbacks) ? callbacks.copy([handler], true) : [handler];
}

/** Callbacks without the handlers that `gone` picks out; the given ones stay as they are. */
export function withoutHandlers(callbacks: unknown, gone: (handler: unknown) => boolean): unknown {
  if (!handlersIn(callbacks).some(gone)) return callbacks;
  if (Array.isArray(callbacks)) return callbacks.filter((handler) => !gone(handler));
  const copy = (callbacks as ManagerShape).copy([], true) as ManagerShape;
  for (const handler of (copy.handlers ?? []).filter(gone)) copy.removeHandler?.(handler);
  return copy;
}

/** The run below which work with these callbacks happens. */
export function parentRunId(callbacks: unknown): string | undefined {
  return isManager(callbacks) ? callbacks.getParentRunId?.() : undefined;
}

/** The handlers among callbacks. */
export function handlersIn(callbacks: unknown): readonly unknown[] {
  if (Array.isArray(callbacks)) return callbacks;
  return isManager(callbacks) ? (callbacks.handlers ?? []) : [];
}
