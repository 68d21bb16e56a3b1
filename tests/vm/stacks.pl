# SPDX-License-Identifier: GPL-2.0
#
# For programs in a guest that read a trace with options/stacktrace.
package stacks;

use strict;
use warnings;

# each_stack(FILE HANDLE, STACK, EVENT): calls EVENT with the name of each event, its
# line in $_, and STACK with an event's name and its stack, innermost first, but
# for what an interrupt has put on top of it.
sub each_stack
{
	my ($file, $on_stack, $on_event) = @_;
	my (%pending, @stack, $of);
	my $stack = sub {
		my @own;

		for (@stack) {
			last if /^(asm_|__do_softirq|do_softirq|__irq_exit_rcu|irq_exit)/;
			push @own, $_;
		}
		$on_stack->($of, @own) if @stack;
		@stack = ();
	};

	while (<$file>) {
		# A stack belongs to the CPU's last event that has none.
		if (/^ => (.*)/) {
			push @stack, $1;
			next;
		}
		$stack->();
		my ($cpu, $event) = / \[(\d+)\] .*?: (<stack trace>|\w+: )/ or next;
		if ($event eq '<stack trace>') {
			$of = pop @{$pending{$cpu}} // '';
			next;
		}
		$event =~ s/: //;
		push @{$pending{$cpu}}, $event;
		$on_event->($event) if $on_event;
	}
	$stack->();
}

1;
