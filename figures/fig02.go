// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Fig02 is the diagram of the method: prompt tuning on the left, DPT on the right. It claims no number, needs no run, and
// is drawn from the sizes of T5-large, the paper's prompt length and its bottleneck, in no time.
//
//	go tool dpt figures fig02
var Fig02 = Artefact{
	Name: "fig02", Title: "Prompt tuning and decomposed prompt tuning",
	About: `# Figure 2: the method

Prompt tuning trains the whole prompt **P** in front of the embedded input of a frozen T5. Decomposed prompt tuning
trains two thin matrices, and their product is the prompt: **P** = **A·B**, with A [*e* × *b*] and B [*b* × *c*]. So
it trains *b*(*e* + *c*) numbers instead of *e·c*.

The diagram is drawn by code from the sizes of T5-large. Nothing is run.`,
	Make: func(*Query) []Result {
		return []Result{{Name: "fig02", Sketch: &PaperDiagram}}
	},
}

// MethodDiagram is Figure 2: prompt tuning trains a prompt P (e × c) in front of the input X of a frozen T5 encoder; DPT
// trains two thin factors, A (e × b) and B (b × c), and P is their product. It is drawn from its sizes alone; nothing runs.
type MethodDiagram struct {
	Model      string
	Width      int  // e, the model's
	Length     int  // c, of the prompt
	Bottleneck int  // b
	Full       bool // as wide as the page instead of a column
}

// PaperDiagram is the paper's: T5-large, 100 vectors, a bottleneck of 10.
var PaperDiagram = MethodDiagram{Model: "T5-large", Width: 1024, Length: 100, Bottleneck: 10}

// The parts of the diagram, in points from the lower left corner of a half; x for a half of 108, stretched to wider ones.
const (
	diagramHalf   = 108
	diagramHeight = 236
	matrixLow     = 100 // lower edge of P and X
	matrixHeight  = 44  // e
	factorWidth   = 8   // b
	promptLeft    = 26
	promptRight   = 60
	inputLeft     = 65
	inputRight    = 105
)

// Drawing returns the picture, or an error if a size is not positive.
func (m MethodDiagram) Drawing() (*Drawing, error) {
	if min(m.Width, m.Length, m.Bottleneck) < 1 {
		return nil, fmt.Errorf("the diagram's sizes e, c and b must be at least 1, found %d, %d and %d", m.Width, m.Length, m.Bottleneck)
	}
	width := vg.Length(ColumnWidth)
	if m.Full {
		width = FullWidth
	}
	const gap, keyHeight = vg.Length(14), 2 * textSize
	half := (width - 2*margin - gap) / 2
	sizes := fmt.Sprintf("%s: e = %s, c = %s, b = %s; n tokens of input.", m.Model, thousands(m.Width), thousands(m.Length), thousands(m.Bottleneck))
	caption := newParagraph(sizes, textSize, grey, width-2*margin)
	foot := keyHeight + caption.height()
	return &Drawing{
		Title:       "Prompt tuning and decomposed prompt tuning",
		Description: "Left: prompt tuning trains the prompt P. Right: DPT trains the factors A and B of P. The prompt stands in front of the embedded input of a frozen T5.",
		Width:       width, Height: 2*margin + diagramHeight + foot,
		Draw: func(page draw.Canvas) {
			page = draw.Crop(page, margin, -margin, margin, -margin)
			left := sketch{page, page.Min.X, page.Min.Y + foot, half / diagramHalf}
			right := left
			right.x += half + gap
			left.common("(a) Prompt tuning")
			left.matrix(promptLeft, promptRight, matrixLow, matrixLow+matrixHeight, trained, "P")
			left.count("trains P:", "ec", m.Width*m.Length)
			right.common("(b) Decomposed (DPT)")
			right.matrix(promptLeft, promptRight, matrixLow, matrixLow+matrixHeight, computed, "P = AB")
			right.factors()
			right.count("trains A and B:", "b(e + c)", m.Bottleneck*(m.Width+m.Length))
			keys := []key{{swatch(trained), "trained"}, {swatch(frozen), "frozen"}, {swatch(computed), "computed"}}
			drawKeys(page, keys, page.Min.Y+caption.height()+1.4*textSize)
			caption.draw(page, page.Min.X, page.Min.Y+caption.height())
		},
	}, nil
}

// A part is how a box is painted: what is trained is dark, what is frozen light, what is computed white.
type part struct{ fill, frame, text color.NRGBA }

var (
	trained   = part{looks[0].Color, looks[0].Color, color.NRGBA{255, 255, 255, 255}}
	computed  = part{color.NRGBA{255, 255, 255, 255}, looks[0].Color, ink}
	frozen    = part{color.NRGBA{225, 225, 225, 255}, grey, ink}
	frameLine = vg.Length(0.8)
)

// A swatch is a part in the key.
type swatch part

// Thumbnail implements plot.Thumbnailer.
func (s swatch) Thumbnail(c *draw.Canvas) { part(s).paint(*c, c.Rectangle) }

func (p part) paint(c draw.Canvas, r vg.Rectangle) {
	c.SetColor(p.fill)
	c.Fill(r.Path())
	frame := r.Path()
	frame.Close()
	c.SetLineStyle(draw.LineStyle{Color: p.frame, Width: frameLine})
	c.Stroke(frame)
}

// A sketch is one half of the diagram on the page.
type sketch struct {
	c       draw.Canvas
	x, y    vg.Length // its lower left corner
	stretch vg.Length // of x
}

func (s sketch) at(x, y vg.Length) vg.Point { return vg.Point{X: s.x + x*s.stretch, Y: s.y + y} }

// write centres a text at x, its baseline at y.
func (s sketch) write(x, y vg.Length, text string, c color.NRGBA) {
	p := newParagraph(text, textSize, c, unbroken)
	at := s.at(x, y)
	p.draw(s.c, at.X-p.width()/2, at.Y+textSize)
}

func (s sketch) box(left, right, low, high vg.Length, p part) {
	p.paint(s.c, vg.Rectangle{Min: s.at(left, low), Max: s.at(right, high)})
}

// matrix is a box with its name in the middle.
func (s sketch) matrix(left, right, low, high vg.Length, p part, name string) {
	s.box(left, right, low, high, p)
	s.write((left+right)/2, (low+high)/2-0.36*textSize, name, p.text)
}

// arrow points up.
func (s sketch) arrow(x, low, high vg.Length) {
	from, to := s.at(x, low), s.at(x, high)
	s.c.StrokeLine2(draw.LineStyle{Color: ink, Width: 0.7}, from.X, from.Y, to.X, to.Y-2)
	s.c.FillPolygon(ink, []vg.Point{to, {X: to.X - 2, Y: to.Y - 4}, {X: to.X + 2, Y: to.Y - 4}})
}

// common draws what both methods have: the frozen model, and the embedded input beside the prompt.
func (s sketch) common(title string) {
	newParagraph(title, textSize, ink, unbroken).draw(s.c, s.x, s.y+diagramHeight)
	s.write(62, 209, "answer", ink)
	s.arrow(62, 198, 207)
	s.matrix(promptLeft-12, inputRight, 182, 198, frozen, "T5 decoder")
	s.arrow(62, 173, 182)
	s.matrix(promptLeft-12, inputRight, 157, 173, frozen, "T5 encoder")
	const top = matrixLow + matrixHeight
	s.arrow((promptLeft+promptRight)/2, top, 157)
	s.arrow((inputLeft+inputRight)/2, top, 157)
	s.write((promptLeft+promptRight)/2+6/s.stretch, top+3, "c", ink)
	s.write((inputLeft+inputRight)/2+6/s.stretch, top+3, "n", ink)
	s.write(promptLeft-5/s.stretch, matrixLow+matrixHeight/2-3, "e", ink)
	s.matrix(inputLeft, inputRight, matrixLow, top, part{color.NRGBA{255, 255, 255, 255}, grey, ink}, "X")
	s.arrow((inputLeft+inputRight)/2, 58, matrixLow)
	s.matrix(inputLeft-1, inputRight+2, 44, 58, frozen, "embedding")
	s.arrow((inputLeft+inputRight)/2, 34, 44)
	s.write((inputLeft+inputRight)/2, 25, "input text", ink)
}

// factors draws A and B below P: A is as high as P and B as wide.
func (s sketch) factors() {
	const high = 88
	b := factorWidth / s.stretch // as wide as B is high
	s.arrow((promptLeft+promptRight)/2, high+1, matrixLow)
	left := promptLeft - 6/s.stretch - b
	s.box(left, left+b, high-matrixHeight, high, trained)
	s.write(left+b/2, high-matrixHeight/2-3, "A", trained.text)
	s.write(left-5/s.stretch, high-matrixHeight/2-3, "e", ink)
	s.write(left+b/2, high-matrixHeight-9, "b", ink)
	s.box(promptLeft, promptRight, high-factorWidth, high, trained)
	s.write((promptLeft+promptRight)/2, high-factorWidth/2-3, "B", trained.text)
	s.write(promptLeft-3/s.stretch, high-factorWidth/2-3, "·", ink)
	s.write((promptLeft+promptRight)/2, high-factorWidth-9, "c", ink)
}

// count writes how many parameters are trained.
func (s sketch) count(what, formula string, n int) {
	s.write(diagramHalf/2, 10, what, ink)
	s.write(diagramHalf/2, 0, fmt.Sprintf("%s = %s", formula, thousands(n)), ink)
}
