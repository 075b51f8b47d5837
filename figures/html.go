// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"fmt"
	"html"
	"slices"
	"strings"
)

// HTML returns a table element that includes its style; pointing at a number shows its interval, range and runs. In a
// table of many columns deviations are below the means, so that it fits a notebook's window.
func (t *Table) HTML() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	p := t.print(6)
	sides := p.sides("left", "right")
	var b bytes.Buffer
	b.WriteString(`<table class="dpt-table" style="border-collapse:collapse;border-top:1.5px solid;` +
		`border-bottom:1.5px solid;font-size:90%">` + "\n")
	fmt.Fprintf(&b, "<!-- %s -->\n", strings.ReplaceAll(html.EscapeString(t.Provenance.short()), "--", "- -"))
	fmt.Fprintf(&b, "<caption style=\"text-align:left;max-width:70em\"><b>%s.</b> %s</caption>\n<thead>",
		html.EscapeString(t.Title), html.EscapeString(t.FullCaption()))
	htmlHeads(&b, slices.Concat(p.heads, p.columns), sides, len(p.metrics) == 0)
	if len(p.metrics) > 0 {
		b.WriteString("\n")
		htmlHeads(&b, slices.Concat(make([]string, len(p.heads)), p.metrics), sides, true)
	}
	b.WriteString("</thead>\n<tbody>\n")
	for _, line := range p.lines {
		style := ""
		if line.rule {
			style = "border-top:1px solid"
		}
		if line.paper {
			style = "color:#5a5a5a"
		}
		fmt.Fprintf(&b, "<tr style=\"%s\">", style)
		for i, head := range line.heads {
			const th = `<th scope="row" style="text-align:%s;font-weight:normal;vertical-align:top;padding:2px 4px">%s</th>`
			fmt.Fprintf(&b, th, sides[i], html.EscapeString(head))
		}
		for _, c := range line.cells {
			const td = `<td style="text-align:right;vertical-align:top;padding:2px 4px" title="%s">%s</td>`
			fmt.Fprintf(&b, td, html.EscapeString(c.tip), c.html(p.stacked))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody>\n")
	if len(p.notes) > 0 {
		fmt.Fprintf(&b, "<tfoot><tr><td colspan=\"%d\" style=\"text-align:left\">%s</td></tr></tfoot>\n",
			len(p.heads)+len(p.columns), strings.Join(each(p.notes, html.EscapeString), "<br>"))
	}
	b.WriteString("</table>\n")
	return b.Bytes(), nil
}

// htmlHeads writes a row of heads of all columns, with a rule below the last.
func htmlHeads(b *bytes.Buffer, heads, sides []string, last bool) {
	style := ""
	if last {
		style = "border-bottom:1px solid"
	}
	fmt.Fprintf(b, "<tr style=\"%s\">", style)
	for i, head := range heads {
		fmt.Fprintf(b, `<th style="text-align:%s;padding:2px 4px">%s</th>`, sides[i], html.EscapeString(head))
	}
	b.WriteString("</tr>")
}

func (c cellText) html(stacked bool) string {
	text := c.mean
	if c.bold {
		text = "<b>" + text + "</b>"
	}
	if c.text != "" {
		text = html.EscapeString(c.text)
	}
	if c.note != "" {
		text += `<sup style="line-height:0">` + c.note + "</sup>"
	}
	switch {
	case c.sd != "" && stacked:
		text += `<br><span style="color:#5a5a5a;white-space:nowrap;font-size:90%">` + c.spread("±&nbsp;") + "</span>"
	case c.sd != "":
		text += "&nbsp;" + c.spread("±&nbsp;")
	}
	return text
}
