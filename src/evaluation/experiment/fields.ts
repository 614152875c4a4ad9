import { EXPERIMENT_FIELDS } from "../../core/index.js";

/** Decision points of prompts: `prompt/ID`. */
export const PROMPT_POINT = "prompt/";
/** Context field of a prompt decision that names who keeps the variant, hashed. */
export const UNIT_FIELD = EXPERIMENT_FIELDS.unit;
/** Context field that names the experiment a decision belongs to. */
export const EXPERIMENT_FIELD = EXPERIMENT_FIELDS.experiment;
/** Context field of the stratum. */
export const STRATUM_FIELD = "prompt.stratum";
