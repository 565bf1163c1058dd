// SPDX-License-Identifier: MIT

package lint

import (
	"bytes"
	"context"
	"debug/elf"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/pkgtools"
)

// Package lints a built package, all of which it reads.
func Package(file string) ([]Finding, error) {
	p := &built{file: file}
	pkg, err := pkgtools.Scan(context.Background(), file, pkgtools.ReadOptions{}, p.member)
	if err != nil {
		return nil, err
	}
	p.check(pkg)
	return p.sorted(), nil
}

// built is a package that is looked at.
type built struct {
	findings
	file    string
	members []pkgtools.Entry
	elf     bool // it holds a program or library
}

// in names a member of the package in a finding.
func (p *built) in(member string) string { return p.file + ":" + member }

// maxContent is how much of a member is looked at.
const maxContent = 64 << 20

// member looks at one member's content while it goes by.
func (p *built) member(e *pkgtools.Entry, content io.Reader) error {
	if !e.Mode.IsRegular() || e.HardLink != "" || strings.HasPrefix(e.Path, "install/") {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(content, maxContent))
	if err != nil {
		return err
	}
	if bytes.Contains(data, []byte("/tmp/SBo/package-")) {
		p.add("package-build-path", p.in(e.Path), 0, "names the directory it was built in, /tmp/SBo/package-...")
	}
	if bytes.HasPrefix(data, []byte(elf.ELFMAG)) {
		p.program(e, data)
	}
	return nil
}

// machines are what the programs of a package are for, by its architecture.
var machines = map[string][]elf.Machine{
	"i386": {elf.EM_386}, "i486": {elf.EM_386}, "i586": {elf.EM_386}, "i686": {elf.EM_386}, "x86_64": {elf.EM_X86_64},
	"arm": {elf.EM_ARM}, "armv7hl": {elf.EM_ARM}, "aarch64": {elf.EM_AARCH64}, "riscv64": {elf.EM_RISCV}, "loongarch64": {elf.EM_LOONGARCH},
}

func (p *built) program(e *pkgtools.Entry, data []byte) {
	p.elf = true
	name, err := pkgtools.ParseName(p.file)
	f, bad := elf.NewFile(bytes.NewReader(data))
	if err != nil || bad != nil {
		return
	}
	if strings.HasPrefix(e.Path, "lib/firmware/") || strings.HasPrefix(e.Path, "usr/share/qemu") {
		return // for another processor
	}
	want := machines[name.Arch]
	switch {
	case name.Arch == "noarch":
		p.add("package-noarch-elf", p.in(e.Path), 0, "a program for %s in a noarch package", f.Machine)
	case want != nil && !slices.Contains(want, f.Machine):
		p.add("package-elf-arch", p.in(e.Path), 0, "a program for %s in a package for %s", f.Machine, name.Arch)
	case f.Class == elf.ELFCLASS64 && f.Machine == elf.EM_X86_64 && f.Type == elf.ET_DYN && libRE.MatchString(e.Path):
		p.add("package-lib64", p.in(e.Path), 0, "a 64-bit library in %s", path.Dir(e.Path))
	}
	if strings.HasPrefix(e.Path, "usr/share/") {
		p.add("package-share-elf", p.in(e.Path), 0, "a program in /usr/share, which may be shared between architectures")
	}
	if f.Type != elf.ET_REL && f.Section(".symtab") != nil {
		p.add("package-unstripped", p.in(e.Path), 0, "not stripped")
	}
}

var (
	libRE   = regexp.MustCompile(`^(usr/)?lib/[^/]+\.so`)
	manRE   = regexp.MustCompile(`^usr/man/(?:[^/]+/)?man([0-9a-z]+)/([^/]+)$`)
	infoRE  = regexp.MustCompile(`^usr/info/[^/]+$`)
	topDirs = []string{"bin", "boot", "dev", "etc", "home", "install", "lib", "lib64", "media", "mnt", "opt", "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var"}
)

// caches and lists that belong to the system as a whole, not to one package.
var systemFiles = []string{"usr/info/dir", "usr/share/applications/mimeinfo.cache", "usr/share/glib-2.0/schemas/gschemas.compiled", "etc/ld.so.cache"}

func (p *built) check(pkg *pkgtools.Package) {
	p.members = pkg.Entries
	name, err := pkgtools.ParseName(p.file)
	if err != nil {
		p.add("package-name", p.file, 0, "%v", err)
	}
	if _, ext := pkgtools.TrimExt(p.file); ext != pkg.Ext {
		p.add("package-suffix", p.file, 0, "the name ends in %s, the content is %s", ext, pkg.Ext)
	}
	if pkg.Dotted {
		p.add("package-dotted", p.file, 0, "members begin with ./, as plain tar writes them: installpkg finds neither doinst.sh nor slack-desc")
	}
	if len(pkg.Entries) > 0 {
		if root := pkg.Entries[0]; root.Path != "." || root.Mode.Perm() != 0o755 || root.UID != 0 {
			p.add("package-root", p.file, 0, "the first member is not ./ with mode 755 of root")
		}
	}
	if pkg.SlackDesc == nil {
		p.add("package-slack-desc", p.file, 0, "no install/slack-desc")
	} else if err == nil {
		checkSlackDesc(&p.findings, p.in("install/slack-desc"), name.Name, string(pkg.SlackDesc))
	}
	for what, text := range map[string][]byte{"doinst.sh": pkg.Doinst, "douninst.sh": pkg.Douninst} {
		if text != nil {
			checkInstallScript(&p.findings, p.in("install/"+what), string(text))
		}
	}
	doc, programs := false, machines[name.Arch] != nil
	for i := range p.members {
		e := &p.members[i]
		doc = doc || strings.HasPrefix(e.Path, "usr/doc/"+name.Name+"-")
		p.place(e)
		p.modes(e)
		p.pages(e)
		p.config(e, string(pkg.Doinst))
	}
	if !doc && err == nil {
		p.add("package-doc", p.file, 0, "no /usr/doc/%s-%s", name.Name, name.Version)
	}
	if programs && !p.elf {
		p.add("package-could-be-noarch", p.file, 0, "nothing in it is for %s alone", name.Arch)
	}
}

// place looks at where a member lies.
func (p *built) place(e *pkgtools.Entry) {
	top, _, _ := strings.Cut(e.Path, "/")
	if e.Path != "." && !slices.Contains(topDirs, top) {
		p.add("package-top", p.in(e.Path), 0, "/%s is no directory of Slackware", top)
	}
	for prefix, rule := range map[string]string{"usr/local/": "package-usr-local", "usr/share/man/": "package-share-man", "usr/share/info/": "package-share-man"} {
		if strings.HasPrefix(e.Path, prefix) && !e.Mode.IsDir() {
			p.add(rule, p.in(e.Path), 0, "lies below /%s", strings.TrimSuffix(prefix, "/"))
		}
	}
	base := path.Base(e.Path)
	switch {
	case slices.Contains(systemFiles, e.Path), base == "icon-theme.cache", base == "perllocal.pod":
		p.add("package-system-file", p.in(e.Path), 0, "made anew on each system, and overwritten by each package that has it")
	case strings.HasSuffix(base, ".la") && e.Mode.IsRegular():
		p.add("package-la", p.in(e.Path), 0, "a libtool archive")
	case strings.HasSuffix(base, ".a") && e.Mode.IsRegular():
		p.add("package-static", p.in(e.Path), 0, "a static library")
	case strings.Contains(e.Path, "site-packages/UNKNOWN"):
		p.add("package-python-unknown", p.in(e.Path), 0, "a Python module without a name")
	}
	if e.Mode&fs.ModeSymlink != 0 {
		p.add("package-link", p.in(e.Path), 0, "a link in the archive: Slackware's packages make links in doinst.sh")
	}
}

func (p *built) modes(e *pkgtools.Entry) {
	owner := func(id int, name string) bool { return id >= 1000 && id != 65534 && (name == "" || name != "root") }
	if owner(e.UID, e.User) || owner(e.GID, e.Group) {
		p.add("package-owner", p.in(e.Path), 0, "belongs to %s/%s (%d/%d), who is not on every system", e.User, e.Group, e.UID, e.GID)
	}
	if e.Mode&fs.ModeSymlink == 0 && e.Mode.Perm()&0o002 != 0 && e.Mode&fs.ModeSticky == 0 {
		p.add("package-writable", p.in(e.Path), 0, "everybody can write to it (mode %#o)", e.Mode.Perm())
	}
	if e.Mode&(fs.ModeSetuid|fs.ModeSetgid) != 0 && !e.Mode.IsDir() {
		p.add("package-setuid", p.in(e.Path), 0, "setuid or setgid")
	}
	if e.Mode.IsDir() && e.Mode.Perm()&0o500 != 0o500 {
		p.add("package-dir-mode", p.in(e.Path), 0, "a directory that its owner cannot use (mode %#o)", e.Mode.Perm())
	}
}

func (p *built) pages(e *pkgtools.Entry) {
	if e.Mode.IsDir() {
		return
	}
	if m := manRE.FindStringSubmatch(e.Path); m != nil {
		page, ok := strings.CutSuffix(m[2], ".gz")
		if !ok {
			p.add("package-man-gzip", p.in(e.Path), 0, "a manual page that is not compressed")
		}
		if ext := strings.TrimPrefix(filepath.Ext(page), "."); ext == "" || m[1] == "" || ext[0] != m[1][0] {
			p.add("package-man-section", p.in(e.Path), 0, "in section %s by its directory, %q by its name", m[1], ext)
		}
	}
	if infoRE.MatchString(e.Path) && !strings.HasSuffix(e.Path, ".gz") && path.Base(e.Path) != "dir" {
		p.add("package-man-gzip", p.in(e.Path), 0, "an info page that is not compressed")
	}
}

// config finds files of /etc that an upgrade would overwrite, and .new files
// that nothing puts into place.
func (p *built) config(e *pkgtools.Entry, doinst string) {
	if !e.Mode.IsRegular() {
		return
	}
	if strings.HasSuffix(e.Path, ".new") {
		if !strings.Contains(doinst, path.Base(e.Path)) && !strings.Contains(doinst, ".new") {
			p.add("package-new-unhandled", p.in(e.Path), 0, "nothing in doinst.sh puts it into place")
		}
		return
	}
	if strings.HasPrefix(e.Path, "etc/") && !strings.HasPrefix(e.Path, "etc/profile.d/") && !strings.HasPrefix(e.Path, "etc/xdg/") {
		p.add("package-config", p.in(e.Path), 0, "an upgrade overwrites what the administrator changed in it")
	}
}
