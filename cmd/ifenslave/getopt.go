// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"strings"
)

// longNames are the options' long names; the letter is what options are known
// by everywhere else. None takes an argument.
var longNames = []struct {
	letter rune
	name   string
}{
	{'a', "all-interfaces"},
	{'c', "change-active"},
	{'d', "detach"},
	{'f', "force"},
	{'h', "help"},
	{'u', "usage"},
	{'v', "verbose"},
	{'V', "version"},
}

// getopt separates options and operands as GNU getopt_long does: letters may
// be bundled, long names abbreviated as long as they stay unique, options may
// stand behind operands unless posix (POSIXLY_CORRECT is set), and "--" ends
// them. The options come back as their letters in the order given.
func getopt(args []string, posix bool) (letters string, operands []string, err error) {
	for i, arg := range args {
		switch {
		case arg == "--":
			return letters, append(operands, args[i+1:]...), nil
		case strings.HasPrefix(arg, "--"):
			letter, err := long(arg)
			if err != nil {
				return "", nil, err
			}
			letters += string(letter)
		case len(arg) > 1 && arg[0] == '-':
			for _, letter := range arg[1:] {
				if !known(letter) {
					return "", nil, errors.New("invalid option -- '" + string(letter) + "'")
				}
			}
			letters += arg[1:]
		case posix:
			return letters, append(operands, args[i:]...), nil
		default:
			operands = append(operands, arg)
		}
	}
	return letters, operands, nil
}

func known(letter rune) bool {
	for _, o := range longNames {
		if o.letter == letter {
			return true
		}
	}
	return false
}

// long finds the letter of a long option such as "--det".
func long(arg string) (rune, error) {
	given, value, hasValue := strings.Cut(arg[2:], "=")
	var found []string
	var letter rune
	for _, o := range longNames {
		if o.name == given {
			found, letter = []string{o.name}, o.letter
			break
		}
		if strings.HasPrefix(o.name, given) {
			found, letter = append(found, o.name), o.letter
		}
	}
	switch {
	case len(found) == 0:
		return 0, errors.New("unrecognized option '" + arg + "'")
	case len(found) > 1:
		return 0, errors.New("option '" + arg + "' is ambiguous; possibilities: '--" + strings.Join(found, "' '--") + "'")
	case hasValue:
		return 0, errors.New("option '--" + found[0] + "' doesn't allow an argument, got '" + value + "'")
	}
	return letter, nil
}
