// SPDX-License-Identifier: MIT

package lint

import (
	"errors"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// The commands that the sandbox knows.

// unary is a test of one value or file.
func (sh *sandbox) unary(op, v string) (bool, error) {
	switch op {
	case "-z":
		return v == "", nil
	case "-n":
		return v != "", nil
	case "-e", "-f", "-r", "-w", "-s":
		_, ok := sh.files[sh.follow(v)]
		if sh.files == nil {
			return false, errNotHere
		}
		return ok, nil
	case "-L", "-h":
		if sh.files != nil {
			return sh.files[v].link != "", nil
		}
	case "-d":
		if sh.files != nil {
			return false, nil
		}
	}
	return false, errNotHere
}

// bracket is [ ]: the forms of POSIX with up to four arguments.
func (sh *sandbox) bracket(args []string) (bool, error) {
	equal := func(op string) bool { return op == "=" || op == "==" || op == "!=" }
	switch {
	case len(args) == 1:
		return args[0] != "", nil
	case len(args) == 3 && equal(args[1]):
		return (args[0] == args[2]) == (args[1] != "!="), nil
	case len(args) > 1 && args[0] == "!":
		ok, err := sh.bracket(args[1:])
		return !ok, err
	case len(args) == 2:
		return sh.unary(args[0], args[1])
	}
	return false, errNotHere
}

var echoOptionRE = regexp.MustCompile(`^-[neE]+$`)

// simple is an assignment, a function, or one of the commands that are known.
func (sh *sandbox) simple(c *syntax.CallExpr, tested bool) (int, error) {
	if len(c.Args) == 0 {
		return 0, sh.assign(c.Assigns)
	}
	args, err := sh.fields(c.Args)
	if err != nil || len(c.Assigns) > 0 || len(args) == 0 {
		return 0, errNotHere
	}
	name, rest := path.Base(args[0]), args[1:]
	if f := sh.s.funcs[name]; f != nil {
		return sh.function(f, rest, tested)
	}
	joined := strings.Join(rest, " ")
	printed := ""
	switch name {
	case "cd", "true", ":", "shopt":
		return 0, nil
	case "false":
		return 1, nil
	case "exit", "return":
		status, err := strconv.Atoi(joined)
		if joined != "" && err != nil {
			return 0, errNotHere
		}
		if name == "return" {
			return 0, returned(status & 0xff)
		}
		return 0, exited(status & 0xff)
	case "unset":
		for _, v := range rest {
			delete(sh.vars, v)
		}
		return 0, nil
	case "set":
		return 0, sh.set(rest)
	case "[", "test":
		if name == "[" {
			if len(rest) == 0 || rest[len(rest)-1] != "]" {
				return 0, errNotHere
			}
			rest = rest[:len(rest)-1]
		}
		ok, err := sh.bracket(rest)
		return toStatus(ok), err
	case "pwd":
		printed = "/"
	case "echo":
		if len(rest) > 0 && echoOptionRE.MatchString(rest[0]) {
			return 0, errNotHere
		}
		printed = joined
	case "dirname":
		if len(rest) != 1 {
			return 0, errNotHere
		}
		printed = path.Dir(rest[0])
	case "basename":
		if len(rest) < 1 || len(rest) > 2 {
			return 0, errNotHere
		}
		printed = path.Base(rest[0])
		if len(rest) == 2 {
			printed = strings.TrimSuffix(printed, rest[1])
		}
	case "uname":
		switch joined {
		case "-m", "-p", "-i":
			printed = sh.machine
		case "-r":
			printed = "5.15.19"
		default:
			return 0, errNotHere
		}
	default:
		return sh.onFiles(name, rest)
	}
	return 0, sh.out.add(printed + "\n")
}

func (sh *sandbox) function(f *syntax.FuncDecl, args []string, tested bool) (int, error) {
	if sh.depth >= maxDepth {
		return 0, errNotHere
	}
	outer := map[string]string{}
	for i := range 10 {
		n := strconv.Itoa(i)
		outer[n] = sh.vars[n]
		if i > 0 {
			delete(sh.vars, n)
		}
		if i > 0 && i <= len(args) {
			sh.vars[n] = args[i-1]
		}
	}
	sh.depth++
	status, err := sh.run(f.Body, tested)
	sh.depth--
	for n, v := range outer {
		sh.vars[n] = v
	}
	if r := returned(0); errors.As(err, &r) {
		return int(r), nil
	}
	return status, err
}

// set is for set -e, set -u, and the like.
func (sh *sandbox) set(args []string) error {
	for _, a := range args {
		if a == "" || a[0] != '-' && a[0] != '+' {
			return errNotHere
		}
		for _, flag := range a[1:] {
			switch flag {
			case 'e':
				sh.errexit = a[0] == '-'
			case 'u':
				sh.nounset = a[0] == '-'
			case 'x', 'v', 'h', 'B':
			default:
				return errNotHere
			}
		}
	}
	return nil
}

// onFiles are the commands that config() and preserve_perms() are made of.
func (sh *sandbox) onFiles(name string, args []string) (int, error) {
	if sh.files == nil {
		return 0, errNotHere
	}
	var options, names []string
	for _, a := range args {
		if strings.HasPrefix(a, "-") {
			options = append(options, a)
		} else {
			names = append(names, a)
		}
	}
	contents := func() (string, bool, error) {
		all := text{sh: sh}
		if len(names) == 0 {
			return sh.stdin, true, nil
		}
		for _, n := range names {
			f, ok := sh.files[sh.follow(n)]
			if !ok {
				return "", false, nil
			}
			if err := all.add(f.content); err != nil {
				return "", false, err
			}
		}
		return all.b.String(), true, nil
	}
	switch {
	case (name == "mv" || name == "cp") && len(names) == 2:
		return sh.moveOrCopy(name, options, names[0], names[1]), nil
	case name == "rm":
		for _, n := range names {
			delete(sh.files, n)
		}
	case name == "cat" && len(options) == 0:
		text, ok, err := contents()
		if err != nil {
			return 0, err
		}
		return toStatus(ok), sh.out.add(text)
	case name == "md5sum" || name == "sha256sum" || name == "cksum":
		if len(names) > 1 {
			return 0, errNotHere
		}
		text, ok, err := contents()
		if err != nil || !ok {
			return 1, err
		}
		return 0, sh.out.add(name + "(" + text + ")  " + strings.Join(append(names, "-")[:1], "") + "\n")
	case (name == "cmp" || name == "diff") && len(names) == 2:
		a, okA := sh.files[sh.follow(names[0])]
		b, okB := sh.files[sh.follow(names[1])]
		return toStatus(okA && okB && a.content == b.content), nil
	case name == "touch" && len(names) == 2: // touch -r OTHER FILE
	case name == "chmod" || name == "chown":
		for _, o := range options {
			if like, ok := strings.CutPrefix(o, "--reference="); ok && len(names) == 1 {
				to := sh.follow(names[0])
				f := sh.files[to]
				f.mode = sh.files[sh.follow(like)].mode
				sh.files[to] = f
			}
		}
	default:
		return 0, errNotHere
	}
	return 0, nil
}

// moveOrCopy is mv and cp of one file; the status is that of the command.
func (sh *sandbox) moveOrCopy(name string, options []string, from, to string) int {
	if _, ok := sh.files[from]; !ok {
		return 1
	}
	if name == "mv" {
		sh.files[to] = sh.files[from]
		delete(sh.files, from)
		return 0
	}
	keepsLinks := slices.ContainsFunc(options, func(o string) bool {
		return o == "--archive" || o == "--no-dereference" || !strings.HasPrefix(o, "--") && strings.ContainsAny(o, "adPR")
	})
	if sh.files[from].link != "" && keepsLinks {
		sh.files[to] = sh.files[from]
		return 0
	}
	f, ok := sh.files[sh.follow(from)]
	if !ok {
		return 1
	}
	to = sh.follow(to)
	if mode := sh.files[to].mode; mode != "" && len(options) == 0 {
		f.mode = mode
	}
	sh.files[to] = f
	return 0
}
