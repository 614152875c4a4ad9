import type { ComponentChildren } from "preact";
import type { Loaded } from "../api.js";

/** A titled part of a page. */
export function Section({
  title,
  children,
  aside,
}: {
  title: string;
  children: ComponentChildren;
  aside?: ComponentChildren;
}) {
  return (
    <section class="section">
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** One large figure with what it is. */
export function Figure({
  value,
  label,
  tone,
  note,
}: {
  value: string;
  label: string;
  tone?: "good" | "bad" | undefined;
  note?: string | undefined;
}) {
  return (
    <div class="figure">
      <div class={`value ${tone ?? ""}`}>{value}</div>
      <div class="label">{label}</div>
      {note && <div class="note">{note}</div>}
    </div>
  );
}

/** A word with a colour; the word says all by itself. */
export function Badge({ tone, children }: { tone?: string | undefined; children: ComponentChildren }) {
  return <span class={`badge ${tone ?? ""}`}>{children}</span>;
}

export const toneOf = (status: string): string | undefined =>
  ({
    success: "good",
    error: "bad",
    interrupted: "warn",
    cancelled: "warn",
    bad: "bad",
    warn: "warn",
    ok: "good",
    failed: "bad",
  })[status];

/** What stands where nothing is, and what to do about it. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** Shows data when it is there, and what went wrong when it is not. */
export function Await<T>({ of, children }: { of: Loaded<T>; children: (data: T) => ComponentChildren }) {
  return (
    <>
      {of.error && (
        <p class="problem" role="alert">
          {of.error}{" "}
          <button type="button" onClick={of.reload}>
            Try again
          </button>
        </p>
      )}
      {of.data !== undefined
        ? children(of.data)
        : !of.error && (
            <p class="empty" role="status">
              Loading…
            </p>
          )}
    </>
  );
}

/** A table that scrolls sideways on a narrow screen, reachable by keyboard. */
export function Table({
  label,
  head,
  children,
  phone,
}: {
  label: string;
  head: ComponentChildren;
  children: ComponentChildren;
  /** How its rows are laid out on a phone, where not side by side; cells of cards say what they are by `data-label`. */
  phone?: "runs" | "stack" | "cards";
}) {
  return (
    <section class="scroll" aria-label={label} tabIndex={0}>
      <table class={phone && `phone-${phone}`}>
        <thead>
          <tr>{head}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

/** Bars in both directions from a middle, all on one scale. */
export function Bars({
  rows,
  most,
}: {
  rows: readonly { label: string; value: number; text: string; note?: string | undefined }[];
  most?: number;
}) {
  const scale = most ?? Math.max(1e-9, ...rows.map((r) => Math.abs(r.value)));
  return (
    <ul class="bars">
      {rows.map((r) => {
        const width = `${Math.min(50, (50 * Math.abs(r.value)) / scale).toFixed(1)}%`;
        return (
          <li key={r.label}>
            <span class="name" title={r.note}>
              {r.label}
            </span>
            <span class="track" aria-hidden="true">
              <span
                class={r.value < 0 ? "away" : "towards"}
                style={r.value < 0 ? { right: "50%", width } : { left: "50%", width }}
              />
            </span>
            <span class="n">{r.text}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** Shares of a whole, from 0 to 1. */
export function Share({ value, label }: { value: number; label: string }) {
  return (
    <span class="share" role="img" aria-label={label}>
      <span style={{ width: `${Math.max(0, Math.min(100, 100 * value))}%` }} />
    </span>
  );
}
