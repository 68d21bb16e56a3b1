// SPDX-License-Identifier: GPL-2.0
/* Names and sentences of include/pprc/names.h. Pure. */

#include <linux/kernel.h>
#include <pprc/names.h>

#define NAME_STATE(sym, num, name)		[num] = name,
#define NAME_SUSP(sym, num, name, todo)		[num] = name,
#define TODO_SUSP(sym, num, name, todo)		[num] = todo,
#define NAME_REASON(sym, num, name, key, text)	[num] = name,
#define TEXT_REASON(sym, num, name, key, text)	[num] = text,
#define KEY_REASON(sym, num, name, key, text)	[num] = key,

static const char * const state_names[] = { PPRC_STATES(NAME_STATE) };
static const char * const susp_names[] = { PPRC_SUSP_REASONS(NAME_SUSP) };
static const char * const susp_todo[] = { PPRC_SUSP_REASONS(TODO_SUSP) };
static const char * const reason_names[] = { PPRC_REASONS(NAME_REASON) };
static const char * const reason_texts[] = { PPRC_REASONS(TEXT_REASON) };
static const unsigned char reason_keys[] = { PPRC_REASONS(KEY_REASON) };

/**
 * pprc_state_name() - name of a pair state
 * @state:	enum pprc_state, or any number a peer sent
 *
 * Context: any.
 * Return: a constant string.
 */
const char *pprc_state_name(unsigned int state)
{
	return state < ARRAY_SIZE(state_names) ? state_names[state] : "unknown";
}

/**
 * pprc_susp_name() - name of a suspension reason
 * @reason:	enum pprc_susp_reason, or any number a peer sent
 *
 * Context: any.
 * Return: a constant string.
 */
const char *pprc_susp_name(unsigned int reason)
{
	return reason < ARRAY_SIZE(susp_names) ? susp_names[reason] : "unknown";
}

/**
 * pprc_susp_advice() - what an operator does about a suspension
 * @reason:	enum pprc_susp_reason
 *
 * Context: any.
 * Return: a constant clause without a full stop.
 */
const char *pprc_susp_advice(unsigned int reason)
{
	return reason < ARRAY_SIZE(susp_todo) ? susp_todo[reason] :
		"run the same release on both hosts";
}

/**
 * pprc_reason_name() - name of a refusal
 * @reason:	enum pprc_reason, or any number a peer sent
 *
 * Context: any.
 * Return: a constant string.
 */
const char *pprc_reason_name(unsigned int reason)
{
	return reason < ARRAY_SIZE(reason_names) ? reason_names[reason] :
		"unknown";
}

/**
 * pprc_reason_text() - what a refusal means and what to do
 * @reason:	enum pprc_reason, or any number a peer sent
 *
 * Context: any.
 * Return: a constant clause without a full stop.
 */
const char *pprc_reason_text(unsigned int reason)
{
	return reason < ARRAY_SIZE(reason_texts) ? reason_texts[reason] :
		"a reason not known here: run the same release on both hosts";
}

/**
 * pprc_reason_sense_key() - SPC-4 sense key that goes with a refusal
 * @reason:	enum pprc_reason
 *
 * Context: any.
 * Return: the sense key, 0 (NO SENSE) for PPRC_R_GOOD.
 */
unsigned char pprc_reason_sense_key(unsigned int reason)
{
	return reason < ARRAY_SIZE(reason_keys) ? reason_keys[reason] : 0x4;
}
