// SPDX-License-Identifier: Apache-2.0

package prompt_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
)

// bases are all there are.
var bases = []prompt.Basis{prompt.Xavier, prompt.Normal, prompt.VocabularyRows, prompt.SingularVectors}

// matrix is a variable of given rows, in float64.
func matrix(rows int, values []float32) *mat.Dense {
	wide := make([]float64, len(values))
	for i, x := range values {
		wide[i] = float64(x)
	}
	return mat.NewDense(rows, len(values)/rows, wide)
}

// TestULPTGradients has the closed form of the gradients that a gradient D of P gives: dZ = (D·diag(g))·Rᵀ, dR likewise
// Zᵀ·(D·diag(g)), dg the columns' sums of D*(Z·R), and dd those of D.
func TestULPTGradients(t *testing.T) {
	const c, r = 6, 4
	b := cases.Backbone(t)
	e, random := b.DModel, rand.New(rand.NewPCG(1, 1))
	for _, basis := range bases {
		method := prompt.ULPT{Length: c, Bottleneck: r, Basis: basis, Scale: true, Shift: true, TrainBasis: true}
		in := installed(t, b, method)
		v := map[string][]float32{}
		for _, variable := range in.Variables {
			values := tensors.MustCopyFlatData[float32](cases.Must(variable.Value()))
			for i := range values {
				values[i] += float32(0.1 * random.NormFloat64()) // g and d start where much cancels
			}
			v[variable.Name()] = values
			if err := variable.SetValue(tensors.FromFlatDataAndDimensions(slices.Clone(values),
				variable.Shape().Dimensions...)); err != nil {
				t.Fatal(err)
			}
		}
		upstream := cases.Must(prompt.Gaussian.Variable("D", random, 1, c, e)).Value
		d := matrix(c, tensors.MustCopyFlatData[float32](upstream))
		got := cases.Must(model.CallOnceN(cases.Backend(t), b.Store, func(_ *model.Scope, d *Node) []*Node {
			var values []*Node
			for _, variable := range in.Variables {
				values = append(values, variable.NodeValue(d.Graph()))
			}
			return Gradient(ReduceAllSum(Mul(in.Prompt(d.Graph()), d)), values...)
		}, upstream))

		var scaled, zr, products, dz, dr mat.Dense
		scaled.Apply(func(_, j int, x float64) float64 { return x * float64(v["g"][j]) }, d)
		zr.Mul(matrix(c, v["Z"]), matrix(r, v["R"]))
		products.MulElem(d, &zr)
		dz.Mul(&scaled, matrix(r, v["R"]).T())
		dr.Mul(matrix(c, v["Z"]).T(), &scaled)
		sums := func(m *mat.Dense) (list []float64) {
			for j := range e {
				list = append(list, mat.Sum(m.ColView(j)))
			}
			return list
		}
		want := map[string][]float64{"Z": dz.RawMatrix().Data, "R": dr.RawMatrix().Data, "g": sums(&products),
			"d": sums(d)}
		for i, variable := range in.Variables {
			list := want[variable.Name()]
			largest := max(slices.Max(list), -slices.Min(list))
			for j, x := range tensors.MustCopyFlatData[float32](got[i]) {
				if !(math.Abs(float64(x)-list[j]) <= 1e-5*largest) {
					t.Fatalf("%s: element %d of the gradient of %s must be %g, found %g", basis, j, variable.Name(),
						list[j], x)
				}
			}
		}
	}
}

// Without scale and shift ULPT is DPT with A = Rᵀ and B = Zᵀ.
func TestULPTIsDPT(t *testing.T) {
	const c, r = 6, 4
	b := cases.Backbone(t)
	p, v := product(t, b, prompt.ULPT{Length: c, Bottleneck: r, Basis: prompt.Xavier})
	in := installed(t, b, prompt.DPT{Length: c, Bottleneck: r, Start: prompt.Uniform})
	for _, variable := range in.Variables {
		from, rows := v["R"], r
		if variable.Name() == "B" {
			from, rows = v["Z"], c
		}
		var turned []float32
		for j := range len(from) / rows {
			for i := range rows {
				turned = append(turned, from[i*len(from)/rows+j])
			}
		}
		if err := variable.SetValue(tensors.FromFlatDataAndDimensions(turned,
			variable.Shape().Dimensions...)); err != nil {
			t.Fatal(err)
		}
	}
	read := func(_ *model.Scope, g *Graph) *Node { return in.Prompt(g) }
	value := cases.Must(model.CallOnce(cases.Backend(t), b.Store, read))
	if difference, largest := cases.Differs(p, tensors.MustCopyFlatData[float32](value)); difference > 1e-6*largest {
		t.Errorf("the prompts differ by %g of %g", difference, largest)
	}
}

// TestBases: each basis is the one that its name says; equal seeds give equal R, and equal Z with every basis.
func TestBases(t *testing.T) {
	const r = 5
	b := cases.Backbone(t)
	e := b.DModel
	ids := make([]int32, b.VocabSize)
	for i := range ids {
		ids[i] = int32(i)
	}
	table := cases.Must(b.Embeddings(ids))
	var svd mat.SVD
	if !svd.Factorize(matrix(b.VocabSize, table), mat.SVDThinV) {
		t.Fatal("no singular vectors were found")
	}
	var vectors mat.Dense
	svd.VTo(&vectors)
	var z []float32
	for _, basis := range bases {
		method := prompt.ULPT{Length: 6, Bottleneck: r, Basis: basis, Bases: 2}
		_, v := product(t, b, method)
		if _, again := product(t, b, method); !slices.Equal(v["R"], again["R"]) || len(v["R"]) != 2*r*e {
			t.Errorf("%s: R is not the same again", basis)
		}
		if basis == prompt.VocabularyRows { // its Z is scaled
			for i := range v["Z"] {
				v["Z"][i] *= float32(math.Sqrt(r))
			}
		}
		if z == nil {
			z = v["Z"]
		}
		if difference, _ := cases.Differs(v["Z"], z); difference > 1e-6 {
			t.Errorf("%s: Z differs by %g from that of another basis", basis, difference)
		}
		square, most, rows := 0.0, 0.0, v["R"]
		for _, x := range rows {
			square, most = square+float64(x)*float64(x)/float64(len(rows)), max(most, math.Abs(float64(x)))
		}
		switch basis {
		case prompt.Xavier: // uniform: the variance is a third of the bound's square, within four standard errors
			if bound := math.Sqrt(6 / float64(r+e)); most > bound ||
				math.Abs(square/(bound*bound/3)-1) > 4*math.Sqrt(0.8/float64(len(rows))) {
				t.Errorf("%s: the largest element is %g, the mean square %g", basis, most, square)
			}
		case prompt.Normal:
			if !(math.Abs(square-1) <= 4*math.Sqrt(2/float64(len(rows)))) {
				t.Errorf("%s: the mean square is %g", basis, square)
			}
		case prompt.VocabularyRows:
			for i := range 2 * r {
				if !containsRow(table, rows[i*e:(i+1)*e]) {
					t.Errorf("%s: row %d is no embedding", basis, i)
				}
			}
		case prompt.SingularVectors:
			for i := range 2 * r {
				cosine := mat.Dot(matrix(2*r, rows).RowView(i), vectors.ColView(i))
				if !(math.Abs(math.Abs(cosine)-1) <= 1e-5) {
					t.Errorf("%s: row %d has a cosine of %g with the singular vector", basis, i, cosine)
				}
			}
		}
	}
	for what, method := range map[string]prompt.ULPT{
		"an unknown basis":      {Length: 6, Bottleneck: 2, Basis: "hadamard"},
		"no bottleneck":         {Length: 6, Basis: prompt.Xavier},
		"uneven groups":         {Length: 6, Bottleneck: 2, Basis: prompt.Xavier, Bases: 4},
		"more rows than tokens": {Length: 6, Bottleneck: 800, Basis: prompt.VocabularyRows, Bases: 3},
		"more than the width":   {Length: 6, Bottleneck: e + 1, Basis: prompt.SingularVectors},
	} {
		if _, err := method.Init(b, rand.New(rand.NewPCG(1, 2))); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

// containsRow reports whether a table has the row.
func containsRow(table, row []float32) bool {
	for some := range slices.Chunk(table, len(row)) {
		if slices.Equal(some, row) {
			return true
		}
	}
	return false
}
