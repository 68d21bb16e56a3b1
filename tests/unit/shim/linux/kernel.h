/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in for the kernel header of this name. */
#ifndef SHIM_LINUX_KERNEL_H
#define SHIM_LINUX_KERNEL_H

#include <linux/build_bug.h>
#include <linux/types.h>

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define sizeof_field(t, m)	sizeof(((t *)0)->m)
#define offsetofend(t, m)	(offsetof(t, m) + sizeof_field(t, m))

#define min(a, b) ({				\
	__typeof__(a) min_a_ = (a);		\
	__typeof__(b) min_b_ = (b);		\
	min_a_ < min_b_ ? min_a_ : min_b_;	\
})
#define max(a, b) ({				\
	__typeof__(a) max_a_ = (a);		\
	__typeof__(b) max_b_ = (b);		\
	max_a_ > max_b_ ? max_a_ : max_b_;	\
})
#define min_t(t, a, b)		min((t)(a), (t)(b))
#define max_t(t, a, b)		max((t)(a), (t)(b))
#define clamp_t(t, x, lo, hi)	min_t(t, max_t(t, x, lo), hi)

#endif
