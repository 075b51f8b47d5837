// SPDX-License-Identifier: Apache-2.0

package figures

// toyData are the fingerprints of the toy data of this program, seed 1, as the artefacts use them: by task, format and
// source length. TestToyData says what they must be.
var toyData = map[string]string{
	"BoolQ dpt 256":      "e5954242ea87162b2527bdd80dc901d8ba95a026ff077757df4c26aef6861beb",
	"CB dpt 256":         "39286caf5fe781bd39b1c5a60baea0a8e9a403cab581990c8c1932017f3d0960",
	"CB dpt+words 256":   "5f78868dfb38342df8976212970f168e5cf767a7636ed9fa4089d87df857137e",
	"CB dpt-oct 256":     "c7592c9fcd93fb65df8ccb24acd5c33d4f8fc70637e34eea262d81498f035e6d",
	"CB t5 256":          "48e04363782bb17d839578dcd71d04128bfa49c38765b631deaaaf067c023b1c",
	"COPA dpt 256":       "ffe75d1c5d751d39ddb24eb42046009465a47172b1b429594a92f496e77af16a",
	"COPA dpt+words 256": "20631034c18af4681bb17fe3cdd42ed9df9f68c0564a6875bf232ef97635abc9",
	"COPA dpt-oct 256":   "b97579bbe5a535c55af7de9c991a5d477e4c1ae4b55cc36f0f7a5791c2e4ae96",
	"COPA t5 256":        "5a4ff2ac531a44a459f810d2a39fb7325fc1eb7df1ddb01865e9b3a0c733bd3a",
	"MultiRC dpt 256":    "495452b1aa5f494f608f1dd8f6c4e2408ce01529738d2d7eeafaa186e1698620",
	"RTE dpt 256":        "ad812bec8a2b0518664dc2adfdbd97f9f34458f002e97fdb401b3a59a5c5d407",
	"RTE dpt+words 256":  "36479d40a98869368ee5a9021a8cac2d7304127a385ed0dd8695bebb5eaff863",
	"RTE dpt-oct 256":    "e937bb949d685eee37567322c3cb1e026540ab8b06deef63af839bc4d6e5affb",
	"RTE t5 256":         "12ea4413e66ae78881a51bd8c6f8ae59d7e36fa3b67f24e7ca23547752eb6f53",
	"ReCoRD dpt 256":     "d1e61e1bcf4dd2763d12a17ac9056ecb47bf445edac7d5200cd79222b137b291",
	"WSC dpt 256":        "e6d8545ebc25a8f050c808397c254acb2f5afa32b3880f5b9db35290be1b257e",
	"WiC dpt 256":        "29f8dae20bcb5f8c334b7423b8987ed1a7a18d700f376f9a7515dd87da347c0a",
}
