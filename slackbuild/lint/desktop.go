// SPDX-License-Identifier: MIT

package lint

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// checkDesktop judges a .desktop file by the Desktop Entry Specification 1.5
// (https://specifications.freedesktop.org/desktop-entry-spec/) and the list of
// categories of the Desktop Menu Specification.
func checkDesktop(f *findings, file, text string) {
	d := &desktop{f: f, file: file, lines: map[string]int{}, values: map[string]string{}}
	if !utf8.ValidString(text) {
		f.add("desktop-syntax", file, 0, "not UTF-8")
		return
	}
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		d.line(n+1, strings.TrimRight(line, " \t\r"))
	}
	if placeholderRE.MatchString(text) {
		return // a template, which the script fills in
	}
	if !d.main {
		f.add("desktop-syntax", file, 0, "no group [Desktop Entry]")
		return
	}
	d.check()
}

// placeholderRE is how names that are to be filled in are marked.
var placeholderRE = regexp.MustCompile(`[@%][A-Za-z_]{2,}[@%]|=[A-Z]+_[A-Z]+/`)

// desktop is a .desktop file while it is read.
type desktop struct {
	f      *findings
	file   string
	main   bool   // the group [Desktop Entry] was seen
	group  string // the current group
	values map[string]string
	lines  map[string]int // where a key of [Desktop Entry] stands
	seen   map[string]bool
}

var (
	desktopKeyRE    = regexp.MustCompile(`^([A-Za-z0-9-]+)(\[[A-Za-z0-9_.@$-]+\])?$`) // KDE has Key[$e]
	desktopActionRE = regexp.MustCompile(`^Desktop Action [A-Za-z0-9-]+$`)
)

func (d *desktop) say(rule string, line int, format string, args ...any) {
	d.f.add(rule, d.file, line, format, args...)
}

func (d *desktop) line(n int, line string) {
	switch {
	case line == "" || line[0] == '#':
		return
	case line[0] == '[' && line[len(line)-1] == ']':
		d.group, d.seen = line[1:len(line)-1], map[string]bool{}
		switch {
		case d.group == "Desktop Entry" && d.main:
			d.say("desktop-syntax", n, "a second group [Desktop Entry]")
		case d.group == "Desktop Entry":
			d.main = true
		case !d.main:
			d.say("desktop-syntax", n, "the group %q stands before [Desktop Entry]", cut(d.group))
		case !desktopActionRE.MatchString(d.group) && !strings.HasPrefix(d.group, "X-"):
			d.say("desktop-key", n, "the group %q is none of the specification, and does not begin X-", cut(d.group))
		}
		return
	}
	key, value, ok := strings.Cut(line, "=")
	key, value = strings.TrimRight(key, " "), strings.TrimLeft(value, " ")
	switch {
	case !ok || !desktopKeyRE.MatchString(key):
		d.say("desktop-syntax", n, "%q is no comment, [group], or Key=value", cut(line))
		return
	case d.group == "":
		d.say("desktop-syntax", n, "%q stands before [Desktop Entry]", cut(key))
		return
	case d.seen[key]:
		d.say("desktop-syntax", n, "%s comes twice", cut(key))
	}
	d.seen[key] = true
	if d.group == "Desktop Entry" {
		d.values[key], d.lines[key] = value, n
	}
}

var (
	// desktopTypes are those of the specification, and XSession, which display
	// managers take for what lies in /usr/share/xsessions.
	desktopTypes = []string{"Application", "Link", "Directory", "XSession"}
	// kdeTypes are KDE's own, for files that are no menu entries.
	kdeTypes = []string{"Service", "ServiceType", "MimeType", "FSDevice"}
	// desktopKeys are those of the specification, and what KDE and others have
	// always had beside them.
	desktopKeys = []string{"Type", "Version", "Name", "GenericName", "NoDisplay", "Comment", "Icon", "Hidden", "OnlyShowIn",
		"NotShowIn", "DBusActivatable", "TryExec", "Exec", "Path", "Terminal", "Actions", "MimeType", "Categories", "Implements",
		"Keywords", "StartupNotify", "StartupWMClass", "URL", "PrefersNonDefaultGPU", "SingleMainWindow",
		"DocPath", "InitialPreference", "ServiceTypes", "SortOrder"}
	// desktopOld are keys that were taken out.
	desktopOld      = []string{"Encoding", "MiniIcon", "TerminalOptions", "Protocols", "Extensions", "BinaryPattern", "MapNotify", "SwallowTitle", "SwallowExec", "FilePattern", "Patterns"}
	desktopBooleans = []string{"NoDisplay", "Hidden", "DBusActivatable", "Terminal", "StartupNotify", "PrefersNonDefaultGPU", "SingleMainWindow"}
	desktopLists    = []string{"OnlyShowIn", "NotShowIn", "Actions", "MimeType", "Categories", "Implements", "Keywords"}
	mimeRE          = regexp.MustCompile(`^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+*-]+$`)
)

// check looks at the values of [Desktop Entry].
func (d *desktop) check() {
	kind, hasType := d.values["Type"]
	if slices.Contains(kdeTypes, kind) {
		return
	}
	switch {
	case !hasType:
		d.say("desktop-required", 0, "no Type=")
	case !slices.Contains(desktopTypes, kind):
		d.say("desktop-required", d.lines["Type"], "Type=%s is not Application, Link or Directory", cut(kind))
	}
	if d.values["Name"] == "" {
		d.say("desktop-required", d.lines["Name"], "no Name=")
	}
	exec, hasExec := d.values["Exec"]
	switch {
	case kind == "Application" && exec == "" && d.values["DBusActivatable"] != "true":
		d.say("desktop-required", d.lines["Exec"], "an Application without Exec=")
	case kind == "Link" && d.values["URL"] == "":
		d.say("desktop-required", d.lines["URL"], "a Link without URL=")
	}
	if hasExec {
		d.exec(d.lines["Exec"], exec)
	}
	for key, n := range d.lines {
		d.value(key, n)
	}
	d.categories()
}

func (d *desktop) value(key string, n int) {
	base, _, localized := strings.Cut(key, "[")
	value := d.values[key]
	switch {
	case slices.Contains(desktopOld, base):
		d.say("desktop-deprecated", n, "%s= is no longer in the specification", base)
	case !slices.Contains(desktopKeys, base) && !strings.HasPrefix(base, "X-"):
		d.say("desktop-key", n, "%s= is no key of the specification, and does not begin X-", base)
	case slices.Contains(desktopBooleans, base) && value != "true" && value != "false":
		d.say("desktop-value", n, "%s=%s is neither true nor false", base, cut(value))
	case slices.Contains(desktopLists, base) && value != "" && !strings.HasSuffix(value, ";"):
		d.say("desktop-list", n, "%s= is a list, and does not end in ;", key)
	case base == "Icon" && !localized && strings.Contains(value, "/") && !strings.HasPrefix(value, "/"):
		d.say("desktop-value", n, "Icon=%s is neither a name nor a whole path", cut(value))
	case base == "Icon" && !strings.HasPrefix(value, "/") && iconExtRE.MatchString(value):
		d.say("desktop-icon", n, "Icon=%s: the name of an icon has no extension", cut(value))
	case base == "Version" && !slices.Contains([]string{"1.0", "1.1", "1.2", "1.3", "1.4", "1.5"}, value):
		d.say("desktop-version", n, "Version=%s is no version of the specification", cut(value))
	}
	if base == "MimeType" {
		for m := range strings.SplitSeq(strings.TrimSuffix(value, ";"), ";") {
			if m != "" && !mimeRE.MatchString(strings.TrimSpace(m)) {
				d.say("desktop-value", n, "MimeType: %q is no MIME type", cut(m))
			}
		}
	}
}

var iconExtRE = regexp.MustCompile(`\.(png|svg|xpm|svgz)$`)

// exec looks at the field codes of Exec.
func (d *desktop) exec(n int, value string) {
	for i := 0; i < len(value); i++ {
		if value[i] != '%' {
			continue
		}
		i++
		switch {
		case i == len(value) || !strings.ContainsRune("%fFuUdDnNickvm", rune(value[i])):
			d.say("desktop-value", n, "Exec=%s: %% is written %%%%, or begins a field code", cut(value))
			return
		case strings.ContainsRune("dDnNvm", rune(value[i])):
			d.say("desktop-deprecated", n, "Exec=%s: the field code %%%c is no longer in the specification", cut(value), value[i])
		}
	}
}

// mainCategories decide in which menu a program is; one at least is needed.
var mainCategories = []string{"AudioVideo", "Audio", "Video", "Development", "Education", "Game", "Graphics", "Network", "Office",
	"Science", "Settings", "System", "Utility"}

var otherCategories = strings.Fields(`Building Debugger IDE GUIDesigner Profiling RevisionControl Translation Calendar ContactManagement
	Database Dictionary Chart Email Finance FlowChart PDA ProjectManagement Presentation Spreadsheet WordProcessor 2DGraphics
	VectorGraphics RasterGraphics 3DGraphics Scanning OCR Photography Publishing Viewer TextTools DesktopSettings HardwareSettings
	Printing PackageManager Dialup InstantMessaging Chat IRCClient Feed FileTransfer HamRadio News P2P RemoteAccess Telephony
	TelephonyTools VideoConference WebBrowser WebDevelopment Midi Mixer Sequencer Tuner TV AudioVideoEditing Player Recorder
	DiscBurning ActionGame AdventureGame ArcadeGame BoardGame BlocksGame CardGame KidsGame LogicGame RolePlaying Shooter Simulation
	SportsGame StrategyGame Art Construction Music Languages ArtificialIntelligence Astronomy Biology Chemistry ComputerScience
	DataVisualization Economy Electricity Geography Geology Geoscience History Humanities ImageProcessing Literature Maps Math
	NumericalAnalysis MedicalSoftware Physics Robotics Spirituality Sports ParallelComputing Amusement Archiving Compression
	Electronics Emulator Engineering FileTools FileManager TerminalEmulator Filesystem Monitor Security Accessibility Calculator
	Clock TextEditor Documentation Adult Core KDE COSMIC GNOME XFCE DDE GTK Qt Motif Java ConsoleOnly Screensaver TrayIcon Applet Shell MATE LXQt`)

func (d *desktop) categories() {
	value := d.values["Categories"]
	if value == "" {
		if d.values["Type"] == "Application" && d.values["NoDisplay"] != "true" && d.values["Hidden"] != "true" {
			d.say("desktop-category", d.lines["Categories"], "no Categories=: menus show it below Other")
		}
		return
	}
	main, media, av := false, "", false
	for c := range strings.SplitSeq(strings.TrimSuffix(value, ";"), ";") {
		switch c = strings.TrimSpace(c); {
		case slices.Contains(mainCategories, c), c == "Screensaver", c == "TrayIcon", c == "Applet", c == "Shell":
			main = true
			av = av || c == "AudioVideo"
			if c == "Audio" || c == "Video" {
				media = c
			}
		case c == "", strings.HasPrefix(c, "X-"), slices.Contains(otherCategories, c):
		default:
			d.say("desktop-category", d.lines["Categories"], "Categories: %s is not registered, and does not begin X-", cut(c))
		}
	}
	if media != "" && !av {
		d.say("desktop-category", d.lines["Categories"], "Categories: %s goes with AudioVideo", media)
	}
	if !main {
		d.say("desktop-category", d.lines["Categories"], "Categories: none of the main ones (%s)", strings.Join(mainCategories, " "))
	}
}
