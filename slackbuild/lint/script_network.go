// SPDX-License-Identifier: MIT

package lint

import (
	"regexp"
	"slices"
	"strings"
)

// fetches are commands that use the network, with the subcommands that do; none
// named: all of them.
var fetches = map[string][]string{
	"wget": nil, "curl": nil, "aria2c": nil, "git": {"clone", "fetch", "pull", "submodule"}, "svn": {"co", "checkout", "export"}, "hg": {"clone"},
	"npm": {"install", "ci"}, "yarn": {"", "install", "add"}, "pnpm": {"install"}, "pip": {"install", "download"}, "pip3": {"install", "download"},
	"cargo": {"fetch", "install", "vendor"}, "go": {"get", "install", "mod"}, "gem": {"install", "fetch"}, "bundle": {"install"},
	"composer": {"install"}, "dotnet": {"restore"},
}

// network finds what is fetched while the package is built.
func (c *scriptCheck) network() {
	fetched := false
	for _, call := range c.s.calls {
		name, second := call.name(), call.subcommand()
		verbs, ok := fetches[name]
		if ok && (verbs == nil || slices.Contains(verbs, second)) && c.reallyFetches(call, name, second) {
			c.say("script-network", call.line, "%s fetches something while the package is built", strings.TrimSpace(name+" "+second))
			fetched = true
		}
	}
	if line, ok := c.goFetches(); ok {
		c.say("script-go-vendor", line, "go build fetches modules: neither -mod=vendor nor a second source for them")
		fetched = true
	}
	if readme, ok := c.read("README"); ok && fetched && !networkRE.MatchString(readme) {
		c.add("readme-network", c.path("README"), 0, "does not say that the build needs the network")
	}
}

// users looks for tests of users and groups, which README has to explain.
func (c *scriptCheck) users() {
	for _, call := range c.s.calls {
		name := call.name()
		asks := name == "getent" && call.has(func(w string) bool { return w == "passwd" || w == "group" }) ||
			name == "grep" && call.has(func(w string) bool { return w == "/etc/passwd" || w == "/etc/group" })
		if !asks {
			continue
		}
		if readme, ok := c.read("README"); ok && !userRE.MatchString(readme) {
			c.add("readme-users", c.path("README"), 0, "does not say which user or group the script wants (line %d)", call.line)
		}
		return
	}
}

// userRE is how a README tells of users and groups.
var userRE = regexp.MustCompile(`(?i)useradd|groupadd|\buser\b|\bgroup\b|README`)

// networkRE is how a README warns of it.
var networkRE = regexp.MustCompile(`(?i)network|internet|online|download|fetch|connection`)

// reallyFetches leaves out calls that are known to stay at home.
func (c *scriptCheck) reallyFetches(call call, name, second string) bool {
	has := func(words ...string) bool {
		return call.has(func(w string) bool { return slices.Contains(words, w) })
	}
	if has("--help", "--version", "--offline", "--no-index", "--local", "-l") || c.onlyWithoutSource(call) {
		return false
	}
	switch name {
	case "go":
		return second == "get" || second == "mod" && has("download", "vendor", "tidy") ||
			second == "install" && call.has(func(w string) bool { return strings.Contains(w, "@") })
	case "pip", "pip3":
		return !has("--no-deps", ".") && !call.has(func(w string) bool {
			return strings.HasSuffix(w, ".whl") || strings.HasSuffix(w, ".") || strings.HasSuffix(w, ".tar.gz")
		})
	case "npm":
		return !call.has(func(w string) bool { return strings.HasSuffix(w, ".tgz") || strings.HasSuffix(w, ".tar.gz") })
	case "gem":
		return !call.has(func(w string) bool { return strings.HasSuffix(w, ".gem") })
	case "cargo":
		return second != "install" || !call.has(func(w string) bool { return strings.HasPrefix(w, "--path") || w == "--frozen" })
	case "git":
		return second != "submodule" || has("update")
	}
	return true
}

// onlyWithoutSource reports whether the command is run where a file beside the
// script is missing: maintainers make archives of modules that way.
func (c *scriptCheck) onlyWithoutSource(call call) bool {
	return slices.ContainsFunc(c.s.guards(call.scope, call.pos), func(cond string) bool {
		return strings.Contains(cond, "$CWD") && fileTestRE.MatchString(cond)
	})
}

var fileTestRE = regexp.MustCompile(`(^| )-[efrs] `)

// goFetches reports a go build without vendored modules: one source only, no
// -mod=vendor, no module proxy or cache set up by the script.
func (c *scriptCheck) goFetches() (line int, fetches bool) {
	builds := slices.DeleteFunc(c.s.find("go"), func(o call) bool { return o.subcommand() != "build" && o.subcommand() != "install" })
	if len(builds) == 0 || len(strings.Fields(c.info.value("DOWNLOAD")))+len(strings.Fields(c.info.value("DOWNLOAD_x86_64"))) != 1 {
		return 0, false
	}
	home := c.s.says(func(w string) bool {
		return strings.Contains(w, "vendor") || strings.Contains(w, "GOPROXY") || strings.Contains(w, "GOFLAGS") ||
			strings.Contains(w, "GOPATH") || strings.Contains(w, "GO111MODULE") || strings.Contains(w, "GOMODCACHE")
	}) || slices.ContainsFunc(c.s.assigns, func(a assign) bool {
		return a.name == "GOPROXY" || a.name == "GOPATH" || a.name == "GO111MODULE" || a.name == "GOFLAGS" || a.name == "GOMODCACHE"
	})
	return builds[0].line, !home
}
