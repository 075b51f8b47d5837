// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Markdown returns the table in GitHub's Markdown.
func (t *Table) Markdown() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	p := t.print(len(t.Columns))
	var b bytes.Buffer
	row := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	escape := strings.NewReplacer("|", `\|`, "*", `\*`, "_", `\_`, "<", "&lt;", "\n", " ").Replace
	fmt.Fprintf(&b, "**%s.** %s\n\n", escape(t.Title), escape(t.FullCaption()))
	columns := slices.Clone(p.columns)
	for j, metric := range p.metrics {
		columns[j] = strings.TrimSuffix(fmt.Sprintf("%s (%s)", columns[j], metric), " ()") // there is but one head
	}
	row(each(slices.Concat(p.heads, columns), escape))
	row(p.sides("---", "--:"))
	for _, line := range p.lines {
		cells := each(line.heads, escape)
		for _, c := range line.cells {
			text := c.mean
			if c.bold {
				text = "**" + text + "**"
			}
			if c.sd != "" {
				text += " " + c.spread("± ")
			}
			if c.text != "" {
				text = escape(c.text)
			}
			if c.note != "" {
				text += "<sup>" + c.note + "</sup>"
			}
			cells = append(cells, text)
		}
		row(cells)
	}
	for _, note := range p.notes {
		fmt.Fprintf(&b, "\n%s\n", escape(note))
	}
	return b.Bytes(), nil
}

func each(texts []string, change func(string) string) []string {
	changed := make([]string, len(texts))
	for i, text := range texts {
		changed[i] = change(text)
	}
	return changed
}
