// SPDX-License-Identifier: Apache-2.0

package figures

// toyData are the fingerprints of the toy data of this program, seed 1, as the artefacts use them: by task, format and
// source length. TestToyData says what they must be.
var toyData = map[string]string{
	"BoolQ dpt 256":      "c40a4946834708a80a584c78b1407eb00831044facde500b5e4366ce8b033cec",
	"CB dpt 256":         "c34c81547350098c5a283fc911fe76c1f1e55d56d3485bc4d795dc40d3635d08",
	"CB dpt+words 256":   "5afdd1af826460a3aeb45e96a46de3300af3801b0b471738ae0d06aa8c7cf235",
	"CB dpt-oct 256":     "f45b256aa0ef1c26f1a3811fc3b799ace58fe759b266e5f79e1a03456f1ec844",
	"CB t5 256":          "d2611bc90ea9bbd033a3ce08ae181197b6866dfc871054f471ca8fa084bdab7b",
	"COPA dpt 256":       "f2b721460ba5fcbcf99b851b2e0465841782f5462edc701c29423fb26e13fc20",
	"COPA dpt+words 256": "29bfd44b43e1e06d2862defb9d87f801e0723845533ee9fc14cee898604bccb3",
	"COPA dpt-oct 256":   "aee722a80ec235cc3693b53d60b320a0a97ed079130e9a046d326610e3b713cd",
	"COPA t5 256":        "6f23c7986f99bc9dea01fce1a69487aa8f7434e009aa0b039576f081a1edbe13",
	"MultiRC dpt 256":    "d7aa1ac9b599ceec18dec0f0f30c67a4f43db6fc732b5c9e26ea1c28852283c0",
	"RTE dpt 256":        "a72544e835915e5027e8bc2210c42d41e4e02d89105b3ab9b6b4483dc7dd90d9",
	"RTE dpt+words 256":  "073f42385013ebcc959c354e669609cdd61b65926f0d7d9a425433651f998911",
	"RTE dpt-oct 256":    "28c5d3c2491005a2603d871420d71d5a65987f186dac59a503ca2385fce047c9",
	"RTE t5 256":         "f4b9bcf7d2034f0718cd335e18b5e2278cebd96b8ee67d69a1f9878e86007c69",
	"ReCoRD dpt 256":     "20571acbe46047afc8c6e6597c7cee3fd5f21c8eadf423bf27bb48996303a117",
	"WSC dpt 256":        "b645e29e3428d5783de79b0347ead00865e4a94dd5c995c2fc8c8b5abf734b5d",
	"WiC dpt 256":        "fe3034d2a46b17efbda13e59117be0d79c8541fa21772bc5b7594911cd080b0d",
}
