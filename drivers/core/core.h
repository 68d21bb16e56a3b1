/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PPRC_CORE_PRIVATE_H
#define _PPRC_CORE_PRIVATE_H

void core_lport_init(void);
void core_lport_exit(void);

#endif
