/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PPRC_CORE_PRIVATE_H
#define _PPRC_CORE_PRIVATE_H

struct fc_lport;
struct pprc_lport;

void core_lport_init(void);
void core_lport_exit(void);
bool core_lport_ready(const struct fc_lport *lport);
void core_lport_each(void (*fn)(struct pprc_lport *pl));
void core_login_exit(void);

#endif
