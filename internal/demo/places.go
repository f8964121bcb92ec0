package demo

import "github.com/berdaya/berdaya/domain"

// place is a province of the portfolio with real villages in it (Kepmendagri 300.2.2-2138/2025).
type place struct {
	province string
	villages []village
}

type village struct{ code, name string }

var places = []place{
	{"32", []village{{"32.04.12.2003", "Cangkuang Wetan"}, {"32.04.12.2002", "Dayeuhkolot"}, {"32.11.01.2001", "Cimungkal"}}},
	{"34", []village{{"34.03.05.2001", "Sodo"}, {"34.02.08.2001", "Palbapang"}, {"34.03.05.2002", "Pampang"}}},
	{"53", []village{{"53.02.01.2012", "Kuatae"}, {"53.17.01.2001", "Makata Keri"}, {"53.02.01.2013", "Noemeto"}}},
}

// plot is what a programme is about and how far it has come.
type plot struct {
	title, goal, need, core, cause, root, effect string
	sector                                       domain.Sector
	indicator, unit                              string
	baseline, target, measured                   int64
	until                                        end
}

// end is how far a programme has come.
type end int

const (
	inIdentify end = iota
	inPlan
	inTrain
	inMonitor
	inReport
	completed
	onHold
	sentBack
	cancelled
)

var plots = []plot{
	{"Air bersih yang dikelola warga", "Warga mengelola sendiri layanan air bersih yang layak dan terjangkau.",
		"Air bersih di musim kemarau", "Warga kekurangan air bersih tiga bulan setiap tahun", "Sumber air tidak terawat",
		"Belum ada pengurus yang dipilih warga untuk merawat sumber air", "Perempuan dan anak mengambil air dari tempat jauh",
		"WATER_SANITATION", "Rumah tangga dengan air bersih sepanjang tahun", "rumah tangga", 120, 300, 0, inIdentify},
	{"Kelompok tani tahan kemarau", "Kelompok tani merencanakan musim tanam dan cadangan benihnya sendiri.",
		"Gagal panen saat kemarau", "Hasil panen turun setiap kemarau panjang", "Pola tanam tidak mengikuti perkiraan musim",
		"Kelompok tidak pernah belajar membaca perkiraan musim", "Utang keluarga petani bertambah",
		"AGRICULTURE", "Anggota yang memakai kalender tanam bersama", "orang", 10, 60, 0, inPlan},
	{"Posyandu yang dijalankan kader", "Kader desa menjalankan posyandu tanpa bergantung pada petugas luar.",
		"Pemantauan tumbuh kembang balita", "Balita tidak dipantau secara teratur", "Posyandu sering tidak buka",
		"Kader belum percaya diri menimbang dan mencatat sendiri", "Gizi kurang terlambat diketahui",
		"HEALTH", "Balita yang ditimbang setiap bulan", "balita", 45, 90, 0, inTrain},
	{"Bank sampah dusun", "Warga mengurangi sampah dan mengelola hasilnya secara terbuka.",
		"Sampah dibuang ke sungai", "Sampah rumah tangga tidak dikelola", "Warga tidak memilah sampah",
		"Tidak ada tempat dan kesepakatan untuk memilah", "Banjir kecil setiap hujan lebat",
		"ENVIRONMENT", "Rumah tangga yang memilah sampah", "rumah tangga", 20, 150, 95, inMonitor},
	{"Koperasi perempuan", "Perempuan mengelola simpan pinjam dan usaha bersama.",
		"Modal usaha bagi perempuan", "Usaha perempuan tidak berkembang", "Pinjaman hanya dari rentenir",
		"Perempuan belum punya lembaga keuangan milik sendiri", "Laba habis untuk bunga",
		"LIVELIHOODS", "Anggota aktif koperasi", "orang", 0, 80, 64, inReport},
	{"Desa tangguh bencana", "Warga mengenali ancaman dan bertindak sendiri sebelum bantuan tiba.",
		"Siaga longsor dan banjir", "Korban bertambah setiap kejadian", "Peringatan terlambat sampai ke warga",
		"Warga belum berbagi tugas siaga", "Harta benda hilang",
		"DISASTER_RISK", "Rukun tetangga dengan regu siaga", "RT", 2, 12, 12, completed},
	{"Taman baca pemuda", "Pemuda mengelola tempat belajar bagi anak dusun.",
		"Tempat belajar setelah sekolah", "Anak berhenti belajar setelah sekolah", "Tidak ada tempat belajar bersama",
		"Pemuda belum diajak mengelola ruang desa", "Minat baca rendah",
		"EDUCATION", "Anak yang hadir setiap minggu", "anak", 0, 40, 0, onHold},
	{"Musyawarah anggaran desa", "Warga ikut menyusun dan mengawasi anggaran desa.",
		"Warga tidak tahu anggaran desa", "Anggaran tidak menjawab kebutuhan warga", "Musyawarah hanya dihadiri pengurus",
		"Warga belum belajar membaca anggaran", "Usulan perempuan tidak masuk rencana",
		"GOVERNANCE", "Usulan kelompok perempuan dalam RKP Desa", "usulan", 1, 6, 0, sentBack},
	{"Pasar daring kerajinan", "Perajin menjual langsung kepada pembeli.",
		"Harga kerajinan rendah", "Pendapatan perajin di bawah upah minimum", "Penjualan hanya lewat tengkulak",
		"Perajin belum mengenal pembeli lain", "Anak muda meninggalkan kerajinan",
		"LIVELIHOODS", "Perajin yang menjual langsung", "orang", 3, 25, 0, cancelled},
}
