import { isObject } from "../../core/is-object.js";
import { fieldOf } from "../../core/own-fields.js";

/** Roles as the conventions spell them, by LangChain's types of messages. */
const ROLES: Readonly<Record<string, string>> = { human: "user", ai: "assistant", system: "system", tool: "tool" };

/** A message in the conventions' form. */
interface Message {
  role: string;
  parts: unknown[];
  finish_reason?: string;
}

/** What a model was asked: LangChain's batches of messages, or prompts. Only what stands in the objects is read. */
export function messagesAsked(asked: unknown): Message[] {
  if (!Array.isArray(asked)) return [];
  return asked.flatMap((one): Message[] => {
    if (Array.isArray(one)) return one.map(messageOf);
    return [typeof one === "string" ? { role: "user", parts: [text(one)] } : messageOf(one)];
  });
}

/** What a model answered: the message of LangChain's LLMResult, with its reason to stop. */
export function messagesAnswered(answer: unknown): Message[] {
  const generation = firstGeneration(answer);
  if (!isObject(generation)) return [];
  const message = fieldOf(generation, "message");
  const written = isObject(message)
    ? messageOf(message)
    : { role: "assistant", parts: [text(fieldOf(generation, "text"))] };
  return [{ ...written, finish_reason: finishReason(answer) ?? "stop" }];
}

/** Why the model stopped, where the provider says so. */
export function finishReason(answer: unknown): string | undefined {
  const generation = firstGeneration(answer);
  const message = isObject(generation) ? fieldOf(generation, "message") : undefined;
  const places = [
    isObject(message) ? fieldOf(message, "response_metadata") : undefined,
    isObject(generation) ? fieldOf(generation, "generationInfo") : undefined,
  ];
  for (const place of places)
    for (const key of ["finish_reason", "stop_reason", "finishReason", "stopReason"]) {
      const reason = isObject(place) ? fieldOf(place, key) : undefined;
      if (typeof reason === "string" && reason !== "") return reason;
    }
  return undefined;
}

/** A tool's arguments as LangChain passes them: JSON, or a text. */
export function toolInput(input: unknown): unknown {
  if (typeof input !== "string") return input;
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}

/** A tool's answer, and the call that it answers. */
export function toolOutput(output: unknown): { result: unknown; callId: string | undefined } {
  if (!isObject(output)) return { result: output, callId: undefined };
  const callId = fieldOf(output, "tool_call_id");
  if (typeof callId !== "string") return { result: output, callId: undefined };
  return { result: fieldOf(output, "content"), callId };
}

function firstGeneration(answer: unknown): unknown {
  const all = isObject(answer) ? fieldOf(answer, "generations") : undefined;
  const batch = Array.isArray(all) ? all[0] : undefined;
  return Array.isArray(batch) ? batch[0] : undefined;
}

function messageOf(message: unknown): Message {
  if (!isObject(message)) return { role: "user", parts: [text(message)] };
  const type = String(fieldOf(message, "type") ?? fieldOf(message, "role") ?? "human");
  const role = Object.hasOwn(ROLES, type) ? (ROLES[type] ?? type) : type;
  const content = fieldOf(message, "content");
  const callId = fieldOf(message, "tool_call_id");
  if (typeof callId === "string")
    return { role, parts: [{ type: "tool_call_response", id: callId, response: content }] };
  const blocks = Array.isArray(content) ? content : content === "" || content === undefined ? [] : [content];
  const calls = fieldOf(message, "tool_calls");
  return {
    role,
    parts: [...blocks.map(partOf), ...(Array.isArray(calls) ? calls.filter(isObject).map(toolCallOf) : [])],
  };
}

/** A text as it is; of pictures, sounds and other blocks only what they are. */
function partOf(block: unknown): unknown {
  if (!isObject(block)) return text(block);
  const type = String(fieldOf(block, "type") ?? "unknown");
  return type === "text" ? text(fieldOf(block, "text")) : { type };
}

function toolCallOf(call: object): unknown {
  return { type: "tool_call", id: fieldOf(call, "id"), name: fieldOf(call, "name"), arguments: fieldOf(call, "args") };
}

function text(content: unknown): { type: "text"; content: string } {
  return { type: "text", content: typeof content === "string" ? content : "" };
}
