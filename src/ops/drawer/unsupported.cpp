// Whole families that have no primitive yet, each with what to do instead.
#include "ops/rows.h"

namespace ka::ops_drawer {

void unsupported(OpTable& table) {
  primitive(table, {"ka.opaque"}, OpClass::kOpaque);
  refused(table,
          {"aten.lstm.data", "aten.gru.data", "aten.rnn_tanh.data", "aten.rnn_relu.data", "aten._thnn_fused_lstm_cell.default",
           "aten._thnn_fused_gru_cell.default", "aten._cudnn_rnn.default", "aten.mkldnn_rnn_layer.default"},
          "packed sequences and fused cells are not emitted; pass padded tensors to nn.LSTM, nn.GRU or nn.RNN");
  refused(table, {"aten.lstm_cell.default", "aten.gru_cell.default", "aten.rnn_tanh_cell.default", "aten.rnn_relu_cell.default"},
          "trace it decomposed, into linear, sigmoid and tanh");
  refused(table,
          {"aten._fft_r2c.default", "aten._fft_c2r.default", "aten._fft_c2c.default", "aten.fft_fft.default",
           "aten.fft_rfft.default", "aten.fft_irfft.default", "aten.stft.default", "aten.stft.center",
           "aten.view_as_complex.default", "aten.view_as_real.default", "aten.complex.default"},
          "complex numbers and Fourier transforms are not emitted");
  refused(table,
          {"aten.linalg_inv_ex.default", "aten.linalg_cholesky_ex.default", "aten.linalg_qr.default", "aten.linalg_eigh.default",
           "aten._linalg_eigh.default", "aten._linalg_svd.default", "aten.linalg_svd.default", "aten._linalg_solve_ex.default",
           "aten.linalg_lu_factor_ex.default", "aten._linalg_det.default", "aten.linalg_solve_triangular.default",
           "aten.linalg_matrix_exp.default", "aten.linalg_householder_product.default", "aten.triangular_solve.default"},
          "matrix factorisations are not emitted; compute them outside the program");
}

}  // namespace ka::ops_drawer
