/** Tables for what people decide, under the names that the public library gives them. */
import * as z from "zod";

export const approvalDecisionSchema = z.object({
  approved: z.boolean(),
  note: z.string().nullable(),
  decidedBy: z.string().nullable(),
  decidedAt: z.iso.datetime().nullable(),
});

export const approvalSelectionSchema = z.object({ selected: z.string(), notes: z.string().nullable() });

export const approvalRankingSchema = z.object({ ranked: z.array(z.string()), notes: z.string().nullable() });
