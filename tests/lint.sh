#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lint.sh [WORD...]
#
# Checks the source without running it; with words, only the checks whose name
# contains one of them.  Output is TAP, with details where a check fails, and
# the last line is "N passed, N failed, N skipped".
#
# Nothing is written into the tree.  Kernel headers and the folder scripts/ of
# a Debian kernel source (for checkpatch and coccinelle) are kept in the cache,
# PPRC_CACHE.  What these two say and is not followed: tests/lint-exceptions.

set -u

TESTS=$(dirname "$(realpath "$0")")
TOP=$(dirname "$TESTS")
max_file=900 max_function=80
words=("$@")

# The make that has started this has flags that are not for the ones below.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL GNUMAKEFLAGS
export LC_ALL=C

cd "$TOP" || exit 1
"$TESTS/deps.sh" build lint >&2 || exit 1
# shellcheck source=tests/vm/kernel.sh
. "$TESTS/vm/kernel.sh"

cache=$(kernel_cache) || exit 1
work=$(mktemp -d "$cache/lint.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
number=0 passed=0 failed=0 skipped=0

# A check prints what is wrong.  It returns 0 if all is well (and then prints
# at most a remark), 4 if it cannot be made here (and why, in its last line).

check()
{
	local name=$1 out rc w

	shift
	if [ ${#words[@]} -gt 0 ]; then
		for w in "${words[@]}" ''; do
			[ -z "$w" ] && return
			[[ $name != *"$w"* ]] || break
		done
	fi
	number=$((number + 1))
	out=$("$@" 2>&1 < /dev/null)
	rc=$?
	case $rc in
	0)
		passed=$((passed + 1))
		echo "ok $number - $name${out:+ ($out)}"
		;;
	4)
		skipped=$((skipped + 1))
		echo "ok $number - $name # SKIP ${out##*$'\n'}"
		;;
	*)
		failed=$((failed + 1))
		echo "not ok $number - $name"
		printf '%s\n' "${out:-rc $rc, without a word}" | sed 's/^/#   /'
		;;
	esac
}

# nothing CMD...: it must print nothing, whatever it returns
nothing()
{
	local out

	out=$("$@" 2>&1)
	[ -z "$out" ] || { printf '%s\n' "$out"; return 1; }
}

# --- the files ---------------------------------------------------------------

# All that is ours, without what a build leaves behind.
list_files()
{
	find . \( -name .git -o -path ./tests/unit/build \) -prune \
		-o -type f -print |
	sed 's#^\./##' |
	grep -vE -e '\.(o|ko|mod|mod\.c|cmd|o\.d|order|symvers)$' \
		 -e '(^|/)Module\.symvers$' -e '(^|/)\.tmp_' \
		 -e '(^|/)\.checkpatch' -e '\.(swp|orig|rej)$|~$' | sort
}

is_shell()
{
	case $1 in
	*.sh)	return 0 ;;
	*.*)	[ "$1" = .ci/run ] || return 1 ;;
	esac
	head -n 1 "$1" | grep -qE '^#!.*[/ ](ba|da)?sh( |$)'
}

mapfile -t files < <(list_files)
c_files=() c_kernel=() shell=() rst=() source=()
for f in "${files[@]}"; do
	case $f in
	drivers/*.[ch]|include/*.h)
		c_files+=("$f") c_kernel+=("$f") source+=("$f") ;;
	*.[chS])
		c_files+=("$f") source+=("$f") ;;
	*.rst)
		rst+=("$f") source+=("$f") ;;
	*/Makefile|Makefile|*/Kbuild|Kbuild|*/lint-exceptions)
		source+=("$f") ;;
	*)
		! is_shell "$f" || { shell+=("$f") source+=("$f"); } ;;
	esac
done

# --- compiler and sparse -----------------------------------------------------

declare -A headers lacking

# get_kernel SERIES: sets headers or lacking
get_kernel()
{
	kernel_get "$1" 2> "$work/kernel.log"
	case $? in
	0)	headers[$1]=$KHDRDIR ;;
	4)	lacking[$1]="no kernel $1 in this machine's package sources" ;;
	*)	lacking[$1]="no kernel $1: $(tail -n 1 "$work/kernel.log")" ;;
	esac
}

# kernel_or SERIES: no 6.1 is a failure: every Debian 12 has it
kernel_or()
{
	[ -n "${lacking[$1]:-}" ] || return 0
	echo "${lacking[$1]}"
	[ "$1" = 6.1 ] && return 1
	return 4
}

# copy_of SERIES: the copy the modules are built in for it
copy_of()
{
	local dir=$work/build-$1

	[ -d "$dir" ] || {
		mkdir "$dir" &&
		printf '%s\n' "${files[@]}" | grep -E '^(Kbuild$|drivers/|include/)' |
			tar -c -T - | tar -x -C "$dir"
	} || return 1
	echo "$dir"
}

# kbuild SERIES ARGUMENT...: make; output goes to out and err in the copy
kbuild()
{
	local dir series=$1

	dir=$(copy_of "$series") || return 1
	shift
	make -C "${headers[$series]}" M="$dir" -j2 W=1 "$@" modules \
		> "$dir/out" 2> "$dir/err"
}

check_build()
{
	local dir rc

	kernel_or "$1" || return
	kbuild "$1"
	rc=$?
	dir=$(copy_of "$1")
	# There is no vmlinux among the headers; that is no fault of ours.
	sed -i '/^Skipping BTF generation for /d' "$dir/err"
	sed "s#$dir/##g" "$dir/err"
	[ $rc -eq 0 ] && [ ! -s "$dir/err" ]
}

# Warnings at a place within the kernel's headers are not ours to mend.
check_sparse()
{
	local dir f rc theirs

	kernel_or "$1" || return
	kbuild "$1" C=2 CF=-D__CHECK_ENDIAN__
	rc=$?
	dir=$(copy_of "$1")
	sed -i '/^Skipping BTF generation for /d' "$dir/err"
	awk -v dir="$dir/" -v theirs="$dir/theirs" '
		/^[^ :]+:[0-9]+:/ && index($0, dir) != 1 { print > theirs; next }
		{ print }' "$dir/err" | sed "s#$dir/##g" > "$dir/ours"
	for f in "${c_kernel[@]}"; do
		[[ $f = *.h ]] || grep -q "^ *CHECK .*$f\$" "$dir/out" ||
			echo "$f: not looked at"
	done >> "$dir/ours"
	if [ $rc -ne 0 ] || [ -s "$dir/ours" ]; then
		cat "$dir/ours"
		return 1
	fi
	[ ! -s "$dir/theirs" ] || {
		theirs=$(wc -l < "$dir/theirs")
		echo "$theirs lines about kernel headers left aside"
	}
}

# Without sanitizers and kernel, see tests/unit/Makefile.
check_clang()
{
	local out rc

	out=$(make -s -C tests/unit BUILD="$work/unit" clang 2>&1)
	rc=$?
	case $rc,$out in
	0,)		return 0 ;;
	0,*skipped:*)	echo "${out#*skipped: }"; return 4 ;;
	esac
	printf '%s\n' "$out"
	return 1
}

# --- checkpatch, coccinelle and kernel-doc -----------------------------------

# get_scripts: folder with checkpatch.pl, the lists it reads, and coccinelle/
get_scripts()
{
	local tar v dir=$cache/scripts deb=$work/source

	[ -f "$dir/checkpatch.pl" ] && [ -d "$dir/coccinelle" ] &&
		{ echo "$dir"; return; }
	for v in 6.12 6.1; do
		tar=/usr/src/linux-source-$v.tar.xz
		[ -f "$tar" ] && take_scripts "$tar" "$dir" && return
	done
	mkdir -p "$deb"
	for v in 6.12 6.1; do
		(cd "$deb" && apt-get download -q -o APT::Sandbox::User=root \
			"linux-source-$v") > "$work/source.log" 2>&1 || continue
		dpkg-deb -x "$deb"/linux-source-*.deb "$deb" &&
			take_scripts "$deb/usr/src/linux-source-$v.tar.xz" "$dir" &&
			rm -rf "$deb" && return
	done
	echo "no linux-source: $(grep -m 1 '^E:' "$work/source.log")" >&2
	return 1
}

# take_scripts TAR DIR
take_scripts()
{
	local new=$work/scripts

	rm -rf "$new"
	mkdir "$new" &&
	tar -xJf "$1" -C "$new" --strip-components=2 --wildcards \
		'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
		'*/scripts/const_structs.checkpatch' '*/scripts/coccinelle/*' &&
	[ -s "$new/checkpatch.pl" ] && [ -s "$new/spelling.txt" ] &&
	rm -rf "$2" && mv -T "$new" "$2" && echo "$2"
}

# exceptions PATTERN: those of such a type, into the caller's ex_type and
# ex_file; rc is 1 for one without a reason
exceptions()
{
	local type file reason

	while read -r type file reason; do
		# shellcheck disable=SC2053	# a pattern
		[[ $type = $1 ]] || continue
		[ -n "$reason" ] || { echo "no reason: $type $file"; rc=1; }
		ex_type+=("$type") ex_file+=("$file")
	done < "$TESTS/lint-exceptions"
}

# excepted TYPE FILE: is it among the exceptions?
excepted()
{
	local i

	for i in "${!ex_type[@]}"; do
		# shellcheck disable=SC2053	# a pattern
		[ "$1" = "${ex_type[i]}" ] && [[ $2 = ${ex_file[i]} ]] &&
			ex_used[i]=1 && return
	done
	return 1
}

check_checkpatch()
{
	local scripts line i rc=0
	local ex_type=() ex_file=() ex_used=()

	scripts=$(get_scripts) || { echo "$scripts"; return 4; }
	exceptions '[A-Z]*'

	# It writes a file where it runs, so it gets a copy.
	mkdir "$work/checkpatch" &&
		tar -c "${c_files[@]}" | tar -x -C "$work/checkpatch"
	(cd "$work/checkpatch" && perl "$scripts/checkpatch.pl" --no-tree \
		--root=. --strict --terse --show-types -f "${c_files[@]}") \
		> "$work/checkpatch.out" 2> "$work/checkpatch.err"
	[ ! -s "$work/checkpatch.err" ] || { cat "$work/checkpatch.err"; rc=1; }

	# FILE:LINE: LEVEL:TYPE: message
	while IFS= read -r line; do
		[[ $line =~ ^([^:]+):[0-9]+:\ [A-Z]+:([A-Z_0-9]+): ]] || continue
		excepted "${BASH_REMATCH[2]}" "${BASH_REMATCH[1]}" ||
			{ echo "$line"; rc=1; }
	done < "$work/checkpatch.out"

	# Types that this checkpatch does not know yet are no matter.
	for i in "${!ex_type[@]}"; do
		[ -z "${ex_used[i]:-}" ] || continue
		grep -q "\"${ex_type[i]}\"" "$scripts/checkpatch.pl" || continue
		echo "tests/lint-exceptions: ${ex_type[i]} ${ex_file[i]} excepts nothing"
		rc=1
	done
	return $rc
}

# semantic_patch FILE: what it reports of drivers/, "NAME TEXT" a line
semantic_patch()
{
	local name need opt

	name=$(basename "$1" .cocci)
	need=$(sed -n 's/^.*Requires: *//p' "$1")
	printf '%s\n' "${need:-0}" "$SPATCH_VERSION" | sort -CV || return 0
	opt=$(sed -n 's/^.*Options: *//p' "$1")
	# shellcheck disable=SC2086	# options
	spatch -D report --very-quiet --no-show-diff --cocci-file "$1" $opt \
		-I include --dir drivers 2>&1 |
		grep -v '^warning: line [0-9]*: should .* be a metavariable' |
		sed "s/^/$name /"
}

# The kernel's own semantic patches, as "make coccicheck MODE=report" runs them
# on a folder.
check_cocci()
{
	local scripts line i rc=0 n
	local ex_type=() ex_file=() ex_used=() rules=()

	command -v spatch > /dev/null ||
		{ echo "coccinelle is not installed"; return 4; }
	scripts=$(get_scripts) || { echo "$scripts"; return 4; }
	exceptions '[a-z]*'

	# What is written in OCaml needs its compiler, too.
	mapfile -t rules < <(grep -rlZ '^virtual report' "$scripts/coccinelle" |
		xargs -0 grep -LE '^@(initialize|script):ocaml' | sort)
	SPATCH_VERSION=$(spatch --version | sed -n '1s/^spatch version \([0-9.]*\).*/\1/p')
	export SPATCH_VERSION
	export -f semantic_patch
	# shellcheck disable=SC2016	# the inner shell's argument
	printf '%s\n' "${rules[@]}" |
		xargs -P 2 -n 1 bash -c 'semantic_patch "$1"' - > "$work/cocci.out" 2>&1

	# NAME FILE:LINE:COLUMNS: message
	while IFS= read -r line; do
		if ! [[ $line =~ ^([a-z0-9_-]+)\ ([^:]+):[0-9]+: ]] ||
		   ! excepted "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"; then
			echo "$line"
			rc=1
		fi
	done < "$work/cocci.out"
	for i in "${!ex_type[@]}"; do
		[ -z "${ex_used[i]:-}" ] || continue
		printf '%s\n' "${rules[@]}" | grep -q "/${ex_type[i]}\.cocci$" || continue
		echo "tests/lint-exceptions: ${ex_type[i]} ${ex_file[i]} excepts nothing"
		rc=1
	done
	n=${#rules[@]}
	[ "$n" -ge 50 ] || { echo "only $n semantic patches found"; rc=1; }
	[ $rc -ne 0 ] || echo "$n semantic patches"
	return $rc
}

check_kernel_doc()
{
	local tool

	kernel_or "$1" || return
	for tool in "${headers[$1]%/usr/src/*}"/usr/lib/linux-kbuild-*/scripts/kernel-doc; do :; done
	[ -f "$tool" ] || { echo "no kernel-doc in linux-kbuild"; return 4; }
	nothing perl "$tool" -none "${c_kernel[@]}"
}

# --- text --------------------------------------------------------------------

check_shell()
{
	shellcheck -x -P tests/vm -P . -f gcc "${shell[@]}"
}

check_rst()
{
	local f

	python3 -c 'import docutils' 2> /dev/null ||
		{ echo "python3-docutils is not installed"; return 4; }
	for f in "${rst[@]}"; do
		python3 -m docutils --report=info --halt=5 --no-raw \
			--input-encoding=utf-8 --output-encoding=utf-8 \
			--error-encoding=utf-8 "$f" /dev/null
	done
}

check_space()
{
	grep -nIE '[[:space:]]+$' "${files[@]}"
}

check_spdx()
{
	local f

	for f in "${source[@]}"; do
		head -n 2 "$f" | grep -q 'SPDX-License-Identifier: GPL-2\.0' ||
			echo "$f: not in its first two lines"
	done
}

check_words()
{
	grep -nwE 'BUG_ON|BUG\(\)|TODO|FIXME|XXX' "${c_kernel[@]}" \
		drivers/*/Kbuild
}

check_files()
{
	awk -v max=$max_file '
		function file_ends() {
			if (n > max)
				print name ": " n " lines"
		}
		FNR == 1 { file_ends(); name = FILENAME }
		{ n = FNR }
		END { file_ends() }' "${c_kernel[@]}"
}

# A function goes from the line with its name, in the first column, to the
# brace in the first column.
check_functions()
{
	awk -v max=$max_function '
		FNR == 1 { first = body = 0 }
		/^[A-Za-z_]/ && !/;[ \t]*$/ { first = FNR; text = $0 }
		/^{/ { body = 1 }
		/^}/ && body {
			if (FNR - first + 1 > max)
				print FILENAME ":" first ": " \
					FNR - first + 1 " lines: " text
			body = 0
		}' "${c_kernel[@]}"
}

get_kernel 6.1
get_kernel 6.12
check 'W=1 build on 6.1 is silent' check_build 6.1
check 'W=1 build on 6.12 is silent' check_build 6.12
check 'sparse on 6.1' check_sparse 6.1
check 'clang, the pure files and their tests' check_clang
check 'checkpatch --strict' check_checkpatch
check "coccinelle, the kernel's semantic patches" check_cocci
check 'kernel-doc of 6.1' check_kernel_doc 6.1
check 'kernel-doc of 6.12' check_kernel_doc 6.12
check 'shellcheck' check_shell
check 'rst syntax' nothing check_rst
check 'no space at the end of a line' nothing check_space
check 'SPDX in every source file' nothing check_spdx
check 'no BUG_ON, TODO, FIXME, XXX' nothing check_words
check "files have at most $max_file lines" nothing check_files
check "functions have at most $max_function lines" nothing check_functions

echo "1..$number"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $number -gt 0 ]
