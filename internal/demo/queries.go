package demo

// Queries are for pasting: what a front-end team, a coordinator and a regional office ask first. They fit the small portfolio.
var Queries = []struct{ Title, Text string }{
	{"Programmes in stage TRAIN in Jawa Barat, newest first",
		`{ programmes(first: 5, filter: {region: {under: "32"}, stage: {eq: TRAIN}}) { nodes { code title stageLabel region { name } communities(first: 1) { nodes { community { name population } } } } pageInfo { hasNextPage endCursor } } }`},
	{"What may happen next in a programme, and what is missing",
		`{ programmes(first: 2, filter: {stage: {eq: PLAN}}) { nodes { code title availableMoves { moveLabel toStage allowed blocks { rule message } } } } }`},
	{"How many programmes stand where, and where they stand still",
		`{ board { stageLabel statusLabel count overdue medianDays } stuck { stageLabel title rule programmes medianDays } }`},
}
