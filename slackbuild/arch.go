// SPDX-License-Identifier: MIT

package slackbuild

import (
	"fmt"
	"slices"
	"strings"
)

// Arch is one architecture as Slackware labels its packages.
type Arch struct {
	Name  string   // the label, as in x86_64
	Env   []string // what makes go build for it: GOARCH and its like
	Flags string   // SLKCFLAGS of SlackBuilds.org's template
	Lib   string   // LIBDIRSUFFIX: "64" where libraries are in /usr/lib64
	Nfpm  []string // what nfpm and Go call it
	Old   bool     // Slackware made packages with this label up to 14.1 only
}

// arches is the one table of architectures. The case blocks of generated
// scripts come from it.
//
// A Pentium III has no SSE2, which Go uses unless GO386 says softfloat; the
// soft float ABI of Slackware's arm port needs GOARM=5, its hard float one
// (armv7hl) may use VFPv3. GOAMD64=v1 keeps a v3 of the builder's environment
// from making programs that older processors cannot run.
var arches = []Arch{
	{Name: "i486", Env: []string{"GOARCH=386", "GO386=softfloat"}, Flags: "-O2 -march=i486 -mtune=i686", Old: true},
	{Name: "i586", Env: []string{"GOARCH=386", "GO386=softfloat"}, Flags: "-O2 -march=i586 -mtune=i686", Nfpm: []string{"386", "i386"}},
	{Name: "i686", Env: []string{"GOARCH=386", "GO386=softfloat"}, Flags: "-O2 -march=i686 -mtune=i686"},
	{Name: "x86_64", Env: []string{"GOARCH=amd64", "GOAMD64=v1"}, Flags: "-O2 -fPIC", Lib: "64", Nfpm: []string{"amd64", "amd64v1", "amd64v2", "amd64v3", "amd64v4"}},
	{Name: "arm", Env: []string{"GOARCH=arm", "GOARM=5"}, Flags: "-O2", Nfpm: []string{"arm5", "arm6", "armel"}},
	{Name: "armv7hl", Env: []string{"GOARCH=arm", "GOARM=7"}, Flags: "-O2 -march=armv7-a -mfpu=vfpv3-d16", Nfpm: []string{"arm7", "armhf"}},
	{Name: "aarch64", Env: []string{"GOARCH=arm64"}, Flags: "-O2 -fPIC", Lib: "64", Nfpm: []string{"arm64"}},
	{Name: "riscv64", Env: []string{"GOARCH=riscv64"}, Flags: "-O2 -fPIC", Lib: "64"},
	{Name: "loongarch64", Env: []string{"GOARCH=loong64"}, Flags: "-O2 -fPIC", Lib: "64", Nfpm: []string{"loong64"}},
}

// NoArch is the label of packages that run on any machine.
const NoArch = "noarch"

// Arches returns the architectures that packages are made for.
func Arches() []Arch { return slices.Clone(arches) }

// ParseArch finds an architecture by Slackware's label or by the name that
// nfpm and Go have for it; "all" and "any" are noarch.
func ParseArch(name string) (Arch, error) {
	if name == NoArch || name == "all" || name == "any" {
		return Arch{Name: NoArch, Flags: "-O2"}, nil
	}
	for _, a := range arches {
		if a.Name == name || slices.Contains(a.Nfpm, name) {
			return a, nil
		}
	}
	return Arch{}, fmt.Errorf("unknown architecture %q; there are: %s, %s", name, archNames(), NoArch)
}

func archNames() string {
	var names []string
	for _, a := range arches {
		names = append(names, a.Name)
	}
	return strings.Join(names, ", ")
}

// archGroup is architectures that share a setting, for a case block.
type archGroup struct {
	Names string // "i486 | i586 | i686"
	Env   string // "GOARCH=386 GO386=softfloat"
	Flags string
	Lib   string
}

// groupArches joins neighbours of the table for which same is true.
func groupArches(same func(a, b Arch) bool) []archGroup {
	var groups []archGroup
	for i, a := range arches {
		if i > 0 && same(arches[i-1], a) {
			groups[len(groups)-1].Names += " | " + a.Name
			continue
		}
		groups = append(groups, archGroup{a.Name, strings.Join(a.Env, " "), a.Flags, a.Lib})
	}
	return groups
}

func sameEnv(a, b Arch) bool { return slices.Equal(a.Env, b.Env) }
