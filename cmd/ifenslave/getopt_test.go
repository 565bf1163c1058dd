// SPDX-License-Identifier: MIT

package main

import (
	"strings"
	"testing"
)

func TestGetopt(t *testing.T) {
	tests := []struct {
		args    string // separated by spaces
		posix   bool
		letters string
		rest    string
		err     string
	}{
		{args: ""},
		{args: "bond0 eth0", rest: "bond0 eth0"},
		{args: "-d bond0 eth0", letters: "d", rest: "bond0 eth0"},
		{args: "-vd bond0 eth0", letters: "vd", rest: "bond0 eth0"},
		{args: "bond0 -v eth0 -d", letters: "vd", rest: "bond0 eth0"},
		{args: "bond0 -v eth0 -d", posix: true, rest: "bond0 -v eth0 -d"},
		{args: "-v bond0 -d", posix: true, letters: "v", rest: "bond0 -d"},
		{args: "-v -- -d eth0", letters: "v", rest: "-d eth0"},
		{args: "bond0 -- -d --", rest: "bond0 -d --"},
		{args: "- -v", letters: "v", rest: "-"},
		{args: "- -v", posix: true, rest: "- -v"},
		{args: "--all-interfaces --change-active --detach --force --help --usage --verbose --version", letters: "acdfhuvV"},
		{args: "--all --ch --det --f --h --u --verb --vers", letters: "acdfhuvV"},
		{args: "-x", err: "invalid option -- 'x'"},
		{args: "-dx", err: "invalid option -- 'x'"},
		{args: "bond0 -é", err: "invalid option -- 'é'"},
		{args: "--v", err: "option '--v' is ambiguous; possibilities: '--verbose' '--version'"},
		{args: "--ver", err: "option '--ver' is ambiguous; possibilities: '--verbose' '--version'"},
		{args: "--nope", err: "unrecognized option '--nope'"},
		{args: "--detached", err: "unrecognized option '--detached'"},
		{args: "--detach=1", err: "option '--detach' doesn't allow an argument, got '1'"},
		{args: "--det=", err: "option '--detach' doesn't allow an argument, got ''"},
		{args: "--v=1", err: "option '--v=1' is ambiguous; possibilities: '--verbose' '--version'"},
		{args: "--nope=1", err: "unrecognized option '--nope=1'"},
		{args: "-V --nope", err: "unrecognized option '--nope'"},
	}
	for _, tt := range tests {
		letters, rest, err := getopt(strings.Fields(tt.args), tt.posix)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if letters != tt.letters || strings.Join(rest, " ") != tt.rest || got != tt.err {
			t.Errorf("getopt(%q, %t) = %q, %q, %q; want %q, %q, %q", tt.args, tt.posix, letters, rest, got, tt.letters, tt.rest, tt.err)
		}
	}
}
