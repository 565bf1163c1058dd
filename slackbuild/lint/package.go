// SPDX-License-Identifier: MIT

package lint

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/pkgtools"
)

// Package lints a built package, all of which it reads.
func Package(file string) ([]Finding, error) {
	p := &built{findings: findings{holder: file}, file: file, kinds: map[string]fs.FileMode{}}
	p.name, p.badName = pkgtools.ParseName(file)
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
	name    pkgtools.Name
	badName error
	kinds   map[string]fs.FileMode // what each path is
	links   map[string]string      // the links that doinst.sh makes, and those in the archive
	elf     bool                   // it holds a program or library
}

// in names a member of the package in a finding.
func (p *built) in(member string) string { return mergedPath(p.file, member) }

// maxContent is how much of a member is looked at.
const maxContent = 64 << 20

// member looks at one member's content while it goes by.
func (p *built) member(e *pkgtools.Entry, content io.Reader) error {
	if !e.Mode.IsRegular() || e.HardLink != "" {
		return nil
	}
	if strings.HasPrefix(e.Path, "install/slack-") && e.Path != "install/slack-desc" {
		return p.relations(e, content)
	}
	if strings.HasPrefix(e.Path, "install/") {
		return nil
	}
	var data bytes.Buffer
	if _, err := data.ReadFrom(io.LimitReader(content, maxContent)); err != nil {
		return err
	}
	p.content(e, data.Bytes())
	return nil
}

// relationRE is a line of slack-required and its like, as slapt-get takes it.
var relationRE = regexp.MustCompile(`^[A-Za-z0-9._+-]+(\s*(>=|=>|<=|=<|=|<|>)\s*[^\s,|]+)?$`)

// relations checks slack-required, slack-conflicts and slack-suggests.
func (p *built) relations(e *pkgtools.Entry, content io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(content, maxText))
	if err != nil {
		return err
	}
	for n, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		for r := range strings.SplitSeq(line, "|") {
			if r = strings.TrimSpace(r); r != "" && !relationRE.MatchString(r) {
				p.add("package-required", p.in(e.Path), n+1, "%q is no name, with or without a version", cut(r))
			}
		}
	}
	return nil
}

func (p *built) check(pkg *pkgtools.Package) {
	p.checkName(pkg)
	p.links = pkg.Links()
	for i := range pkg.Entries {
		e := &pkg.Entries[i]
		p.kinds[e.Path] = e.Mode
		if e.Mode&fs.ModeSymlink != 0 {
			p.links[e.Path] = e.Link
		}
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
	} else if p.badName == nil {
		checkSlackDesc(&p.findings, p.in("install/slack-desc"), p.name.Name, string(pkg.SlackDesc))
	}
	doinst := string(pkg.Doinst)
	for what, text := range map[string][]byte{"doinst.sh": pkg.Doinst, "douninst.sh": pkg.Douninst} {
		if text != nil {
			checkInstallScript(&p.findings, p.in("install/"+what), string(text))
		}
	}
	doc := false
	for i := range pkg.Entries {
		e := &pkg.Entries[i]
		doc = doc || strings.HasPrefix(e.Path, "usr/doc/"+p.name.Name+"-")
		p.place(e)
		p.memberName(e.Path)
		p.modes(e)
		p.pages(e)
		p.config(e, doinst)
	}
	p.checkLinks()
	p.scriptFits(doinst)
	if !doc && p.badName == nil {
		p.add("package-doc", p.file, 0, "no /usr/doc/%s-%s", p.name.Name, p.name.Version)
	}
	if machines, _ := pkgtools.ELFMachines(p.name.Arch); len(machines) > 0 && !p.elf {
		p.add("package-could-be-noarch", p.file, 0, "nothing in it is for %s alone", p.name.Arch)
	}
}

var (
	fileNameRE = regexp.MustCompile(`^[A-Za-z0-9._+-]+$`)
	buildRE    = regexp.MustCompile(`^[0-9][A-Za-z0-9_.]*$`)
)

// checkName applies the rules about what the file is called.
func (p *built) checkName(pkg *pkgtools.Package) {
	switch {
	case p.badName != nil:
		p.add("package-name", p.file, 0, "%v", p.badName)
	case !fileNameRE.MatchString(pkg.Full):
		p.add("package-name-chars", p.file, 0, "the name %q has characters that not all tools take", pkg.Full)
	case !buildRE.MatchString(p.name.Build):
		p.add("package-name-build", p.file, 0, "the build is %q", p.name.Build)
	}
	if _, ext := pkgtools.TrimExt(p.file); ext != pkg.Ext {
		p.add("package-suffix", p.file, 0, "the name ends in %s, the content is %s", cmp.Or(ext, "nothing known"), pkg.Ext)
	}
}

var (
	topDirs = []string{"bin", "boot", "dev", "etc", "home", "install", "lib", "lib64", "media", "mnt", "opt", "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var"}
	// caches and lists that belong to the system as a whole, not to one package.
	systemFiles = []string{"usr/info/dir", "usr/share/applications/mimeinfo.cache", "usr/share/glib-2.0/schemas/gschemas.compiled", "usr/share/mime/mime.cache", "etc/ld.so.cache"}
	// installFiles are what installpkg and slapt-get look at below install/.
	installFiles = []string{"slack-desc", "doinst.sh", "douninst.sh", "slack-required", "slack-conflicts", "slack-suggests"}
)

// placed are directories that packages stay out of.
var placed = []struct{ dir, rule string }{
	{"usr/local/", "package-usr-local"},
	{"usr/share/man/", "package-share-man"}, {"usr/share/info/", "package-share-man"},
	{"tmp/", "package-volatile"}, {"var/tmp/", "package-volatile"}, {"proc/", "package-volatile"}, {"sys/", "package-volatile"},
	{"run/", "package-volatile"}, {"var/run/", "package-volatile"}, {"var/lock/", "package-volatile"}, {"dev/", "package-volatile"},
	{"home/", "package-volatile"}, {"root/", "package-volatile"}, {"media/", "package-volatile"}, {"mnt/", "package-volatile"},
	{"var/lib/pkgtools/", "package-database"}, {"var/log/packages/", "package-database"}, {"var/log/scripts/", "package-database"},
	{"var/log/removed_packages/", "package-database"}, {"var/log/removed_scripts/", "package-database"},
}

// place looks at where a member lies.
func (p *built) place(e *pkgtools.Entry) {
	top, below, _ := strings.Cut(e.Path, "/")
	switch {
	case e.Path == ".":
	case !slices.Contains(topDirs, top):
		p.add("package-top", p.in(e.Path), 0, "/%s is no directory of Slackware", top)
	case !strings.Contains(e.Path, "/") && !e.Mode.IsDir() && e.Mode&fs.ModeSymlink == 0:
		p.add("package-top", p.in(e.Path), 0, "a file where Slackware has the directory /%s", top)
	case top == "install" && below != "" && !slices.Contains(installFiles, below):
		p.add("package-install-files", p.in(e.Path), 0, "nothing that installpkg looks at")
	}
	for _, place := range placed {
		if strings.HasPrefix(e.Path, place.dir) && !e.Mode.IsDir() {
			p.add(place.rule, p.in(e.Path), 0, "lies below /%s", strings.TrimSuffix(place.dir, "/"))
		}
	}
	base := path.Base(e.Path)
	switch regular := e.Mode.IsRegular(); {
	case slices.Contains(systemFiles, e.Path), base == "icon-theme.cache", base == "perllocal.pod":
		p.add("package-system-file", p.in(e.Path), 0, "made anew on each system, and overwritten by each package that has it")
	case regular && strings.HasSuffix(base, ".la"):
		p.add("package-la", p.in(e.Path), 0, "a libtool archive")
	case regular && strings.HasSuffix(base, ".a"):
		p.add("package-static", p.in(e.Path), 0, "a static library")
	case regular && e.Size == 0 && e.HardLink == "" && !emptyByRight[base]:
		p.add("package-empty", p.in(e.Path), 0, "an empty file")
	case strings.Contains(e.Path, "site-packages/UNKNOWN"):
		p.add("package-python-unknown", p.in(e.Path), 0, "a Python module without a name")
	case regular && strings.Contains(e.Path, "/site_perl/"):
		p.add("package-site-perl", p.in(e.Path), 0, "below site_perl")
	}
}

// emptyByRight are files that say something by being there.
var emptyByRight = map[string]bool{"__init__.py": true, "py.typed": true, "REQUESTED": true, ".keep": true, ".gitkeep": true, "not-zip-safe": true, "zip-safe": true, "dependency_links.txt": true}

// memberName finds names that the package tools lose on the way.
func (p *built) memberName(name string) {
	why := ""
	first, _, _ := strings.Cut(name, "/")
	switch {
	case strings.ContainsAny(name, "\n\t\\"):
		why = "a newline, tab or backslash in the name: makepkg's lists lose it"
	case strings.HasPrefix(name, "-"):
		why = "makepkg takes it for an option of tar"
	case name != "." && first < ".":
		why = "removepkg never removes it: it is sorted before ./"
	case strings.HasSuffix(name, " "):
		why = "removepkg does not find a name that ends in a blank"
	case strings.IndexFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) >= 0:
		why = "a control character in the name"
	default:
		return
	}
	p.add("package-member-name", p.in(name), 0, "%s", why)
}

func (p *built) modes(e *pkgtools.Entry) {
	owner := func(id int, name string) bool { return id >= 1000 && id != 65534 && (name == "" || name != "root") }
	if owner(e.UID, e.User) || owner(e.GID, e.Group) {
		p.add("package-owner", p.in(e.Path), 0, "belongs to %s/%s (%d/%d), who is not on every system", e.User, e.Group, e.UID, e.GID)
	}
	link := e.Mode&fs.ModeSymlink != 0
	if !link && e.Mode.Perm()&0o002 != 0 && e.Mode&fs.ModeSticky == 0 {
		p.add("package-writable", p.in(e.Path), 0, "everybody can write to it (mode %#o)", e.Mode.Perm())
	}
	if e.Mode&(fs.ModeSetuid|fs.ModeSetgid) != 0 && !e.Mode.IsDir() {
		p.add("package-setuid", p.in(e.Path), 0, "setuid or setgid")
	}
	if e.Mode.IsDir() && e.Mode.Perm()&0o500 != 0o500 {
		p.add("package-dir-mode", p.in(e.Path), 0, "a directory that its owner cannot use (mode %#o)", e.Mode.Perm())
	}
	if !link && !e.Mode.IsDir() && !e.Mode.IsRegular() {
		p.add("package-device", p.in(e.Path), 0, "%s", kind(e.Mode))
	}
}

var (
	manRE  = regexp.MustCompile(`^usr/man/(?:[^/]+/)?man([0-9a-z]+)/([^/]+)$`)
	infoRE = regexp.MustCompile(`^usr/info/[^/]+$`)
)

func (p *built) pages(e *pkgtools.Entry) {
	if e.Mode.IsDir() {
		return
	}
	if m := manRE.FindStringSubmatch(e.Path); m != nil {
		page, ok := strings.CutSuffix(m[2], ".gz")
		if !ok {
			p.add("package-man-gzip", p.in(e.Path), 0, "a manual page that is not compressed")
		}
		if ext := strings.TrimPrefix(path.Ext(page), "."); ext == "" || ext[0] != m[1][0] {
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

// checkLinks looks at the links that doinst.sh makes, and at those in the archive.
func (p *built) checkLinks() {
	for name, target := range p.links {
		at := p.in(name)
		if mode, ok := p.kinds[name]; ok && mode&fs.ModeSymlink != 0 {
			p.add("package-link", at, 0, "a link in the archive: Slackware's packages make links in doinst.sh")
		} else if ok && mode.IsDir() {
			p.add("package-link-dir", at, 0, "doinst.sh makes a link here, and the package has a directory")
		}
		if dir := path.Dir(name); dir != "." && !p.isDir(dir) {
			p.add("package-link-nodir", at, 0, "the package has no directory %s for the link", dir)
		}
		switch {
		case strings.Contains(target, "/package-"+p.name.Name):
			p.add("package-link-build", at, 0, "-> %s", target)
		case strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "/proc/") && !strings.HasPrefix(target, "/run/") && !strings.HasPrefix(target, "/dev/") && !strings.HasPrefix(target, "/var/"):
			p.add("package-link-absolute", at, 0, "-> %s", target)
		case !strings.HasPrefix(target, "/") && !p.reaches(name, target):
			p.add("package-link-broken", at, 0, "-> %s, which is not in the package", target)
		}
	}
}

func (p *built) isDir(name string) bool {
	mode, ok := p.kinds[name]
	return ok && mode.IsDir() || p.links[name] != ""
}

// reaches reports whether the package has what the link points to.
func (p *built) reaches(name, target string) bool {
	const maxLinks = 40 // as in the kernel
	for range maxLinks {
		name = path.Join(path.Dir(name), target)
		if _, ok := p.kinds[name]; ok && p.links[name] == "" {
			return true
		}
		if target = p.links[name]; target == "" {
			// A directory on the way may itself be a link.
			for dir := path.Dir(name); dir != "." && dir != "/"; dir = path.Dir(dir) {
				if p.links[dir] != "" {
					return true
				}
			}
			return false
		}
		if strings.HasPrefix(target, "/") {
			target = strings.TrimPrefix(target, "/")
			name = "x"
		}
	}
	return false
}

// scriptFits finds files that doinst.sh should do something about.
func (p *built) scriptFits(doinst string) {
	told := map[string]bool{}
	for name, mode := range p.kinds {
		if !mode.IsRegular() {
			continue
		}
		for _, fit := range fits {
			if strings.Contains(name, fit.path) && !told[fit.rule] && !strings.Contains(doinst, fit.program) {
				told[fit.rule] = true
				p.add(fit.rule, p.file, 0, "the package has files in %s, and doinst.sh does not call %s", fit.path, fit.program)
			}
		}
		if strings.HasPrefix(name, "lib/modules/") && strings.Contains(name, ".ko") && !told["ko"] && !strings.Contains(doinst, "depmod") {
			told["ko"] = true
			p.add("doinst-depmod", p.file, 0, "the package has kernel modules, and doinst.sh does not call depmod")
		}
	}
}
