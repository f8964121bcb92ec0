// The queries that are there on a first visit.
export const examples = [
  {
    query: `# Program yang terakhir berubah, dan apa yang
# masih menghalangi langkah berikutnya.
# Programmes changed last, and what still stands
# in the way of their next move.
query Programmes {
  programmes(first: 5) {
    totalCount
    nodes {
      code
      title
      stageLabel
      region { name }
      availableMoves {
        move
        allowed
        blocks { message }
      }
    }
  }
}
`,
  },
  {
    query: `# Wilayah: satu provinsi, kabupaten dan kotanya.
# Regions: a province, its regencies and cities.
query Region($code: String!) {
  region(code: $code) {
    code
    name
    levelLabel
    children(first: 10) {
      totalCount
      nodes { code name levelLabel }
    }
  }
}
`,
    variables: '{ "code": "32" }',
  },
  {
    query: `# Siapa saya, dan berapa program di tiap tahap.
# Who I am, and how many programmes stand in each stage.
query Board {
  viewer { name roles { roleLabel regionCode } }
  board { stageLabel statusLabel count }
}
`,
  },
];
