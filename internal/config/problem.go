package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"

	"pandian/internal/fault"
)

// refusal says why a value cannot be used and what to do about it.
type refusal struct {
	code fault.Code
	what string
	hint string
}

func badValue(hint, format string, args ...any) *refusal {
	return &refusal{fault.ConfigBadValue, fmt.Sprintf(format, args...), hint}
}

func unknownReference(hint, format string, args ...any) *refusal {
	return &refusal{fault.ConfigUnknownRef, fmt.Sprintf(format, args...), hint}
}

// refuse notes one problem. Its excerpt is made at the end, when everything
// that must not show is known.
func (d *decoder) refuse(path string, origin Origin, r *refusal) {
	problem := &fault.Error{Code: r.code, Path: path, Message: r.what, Suggestion: r.hint}
	switch origin.Kind {
	case FromFile:
		problem.Location = origin.String()
	case FromEnvironment:
		problem.Message = fmt.Sprintf("%s (from environment variable %s)", r.what, origin.Name)
	case FromFlag:
		problem.Message = fmt.Sprintf("%s (from flag %s)", r.what, origin.Name)
	}
	same := func(n noted) bool {
		return n.place == origin && n.problem.Path == path && n.problem.Message == problem.Message
	}
	if !slices.ContainsFunc(d.noted, same) { // a mapping can be looked at twice
		d.noted = append(d.noted, noted{problem, origin})
	}
}

// noted is a problem and the place of its excerpt.
type noted struct {
	problem *fault.Error
	place   Origin
}

// verdict returns all problems as one fault, in the order of the file, or nil.
func (d *decoder) verdict() error {
	if len(d.noted) == 0 {
		return nil
	}
	slices.SortStableFunc(d.noted, func(a, b noted) int {
		return cmp.Or(cmp.Compare(a.place.Line, b.place.Line), cmp.Compare(a.place.Column, b.place.Column))
	})
	problems := make([]*fault.Error, len(d.noted))
	for i, n := range d.noted {
		n.problem.Excerpt = excerpt(d.lines, n.place, d.hidden)
		problems[i] = n.problem
	}
	name := d.file
	if name == "" {
		name = "the configuration"
	}
	noun := "problems"
	if len(problems) == 1 {
		noun = "problem"
	}
	return &fault.Error{
		Code:     fault.ConfigInvalid,
		Message:  fmt.Sprintf("%s has %d %s", name, len(problems), noun),
		Problems: problems,
	}
}

// concealed are texts that the excerpt of a line must not show, by line.
type concealed map[int][]string

// add conceals texts. Very short ones are left: masking each "1" of a line would
// make it unreadable, and they are no secrets.
func (c concealed) add(line int, texts ...string) {
	for _, text := range texts {
		if len(text) >= 4 && !slices.Contains(c[line], text) {
			c[line] = append(c[line], text)
		}
	}
}

// mask returns the two parts of a line that meet at column (counted in
// characters from 0) without the texts that must not show.
func (c concealed) mask(line string, number, column int) (before, after []rune) {
	runes := []rune(line)
	column = min(max(0, column), len(runes))
	hide := make([]bool, len(runes))
	for _, text := range c[number] {
		for from := 0; ; {
			at := strings.Index(line[from:], text)
			if at < 0 {
				break
			}
			start := utf8.RuneCountInString(line[:from+at])
			for i := range utf8.RuneCountInString(text) {
				hide[start+i] = true
			}
			from += at + len(text)
		}
	}
	for i, r := range runes {
		part := &after
		if i < column {
			part = &before
		}
		switch {
		case !hide[i]:
			*part = append(*part, r)
		case i == 0 || i == column || !hide[i-1]:
			*part = append(*part, []rune(masked)...)
		}
	}
	return before, after
}

// Excerpts of long lines are cut to these many characters around the caret.
const (
	excerptBefore = 60
	excerptAfter  = 40
)

// excerpt shows the line of an origin with a caret under its column.
func excerpt(lines []string, at Origin, hidden concealed) string {
	if at.Kind != FromFile || at.Line < 1 || at.Line > len(lines) {
		return ""
	}
	line := strings.ReplaceAll(strings.TrimRight(lines[at.Line-1], "\r"), "\t", " ")
	before, after := hidden.mask(line, at.Line, at.Column-1)
	if len(before) > excerptBefore {
		before = append([]rune("… "), before[len(before)-excerptBefore:]...)
	}
	if len(after) > excerptAfter {
		after = append(after[:excerptAfter:excerptAfter], []rune(" …")...)
	}
	gutter := fmt.Sprintf("%5d | ", at.Line)
	indent := strings.Repeat(" ", displayWidth(string(before)))
	return gutter + string(before) + string(after) + "\n" + strings.Repeat(" ", len(gutter)-2) + "| " + indent + "^"
}

// displayWidth counts terminal cells; a Chinese character takes two.
func displayWidth(text string) int {
	cells := 0
	for _, r := range text {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			cells += 2
		default:
			cells++
		}
	}
	return cells
}
