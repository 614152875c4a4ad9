import type { Source } from "./source.js";

type Prompts = Source["loop"]["prompts"];

/** One prompt with its versions and what is being tried. */
export interface PromptView {
  id: string;
  versions: ReturnType<Prompts["list"]>;
  experiments: ReturnType<Prompts["experiments"]>;
  performance: Awaited<ReturnType<Prompts["performance"]>>;
  history: ReturnType<Prompts["history"]>;
}

/** All prompts with what is known of their versions, the newest version and event first. */
export async function promptsOf({ loop }: Source): Promise<PromptView[]> {
  const { prompts } = loop;
  await prompts.follow();
  return Promise.all(
    prompts.ids().map(async (id) => ({
      id,
      versions: prompts.list(id).toReversed(),
      experiments: [...prompts.experiments(id)].reverse(),
      performance: await prompts.performance(id),
      history: prompts.history(id).toReversed(),
    })),
  );
}
