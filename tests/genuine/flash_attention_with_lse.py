# problem: attention
# expect: accepted
# family: attention
# style: after FlashAttention: rows of queries against blocks of keys, one rescaling at the end by the log-sum-exp, which is kept
import torch
import triton
import triton.language as tl


@triton.jit
def flash_forward(Q, K, V, Out, Lse, softmax_scale, stride_qb, stride_qm, stride_qd, stride_kb, stride_kn, stride_kd,
                  stride_vb, stride_vn, stride_vd, seqlen_q, seqlen_k, HEADDIM: tl.constexpr, BLOCK_M: tl.constexpr,
                  BLOCK_N: tl.constexpr, EVEN_N: tl.constexpr):
    start_m = tl.program_id(0)
    off_b = tl.program_id(1)
    offs_m = start_m * BLOCK_M + tl.arange(0, BLOCK_M)
    offs_n = tl.arange(0, BLOCK_N)
    offs_d = tl.arange(0, HEADDIM)
    rows = offs_m[:, None] < seqlen_q
    q = tl.load(Q + off_b * stride_qb + offs_m[:, None] * stride_qm + offs_d[None, :] * stride_qd, mask=rows, other=0.0)
    lse_i = tl.zeros([BLOCK_M], dtype=tl.float32) - float("inf")
    m_i = tl.zeros([BLOCK_M], dtype=tl.float32) - float("inf")
    acc_o = tl.zeros([BLOCK_M, HEADDIM], dtype=tl.float32)
    for start_n in range(0, seqlen_k, BLOCK_N):
        keys = start_n + offs_n
        k = tl.load(K + off_b * stride_kb + keys[:, None] * stride_kn + offs_d[None, :] * stride_kd,
                    mask=keys[:, None] < seqlen_k, other=0.0)
        qk = tl.dot(q, tl.trans(k), input_precision="ieee") * softmax_scale
        if not EVEN_N:
            qk += tl.where(keys[None, :] < seqlen_k, 0, float("-inf"))
        m_ij = tl.maximum(tl.max(qk, 1), lse_i)
        p = tl.exp(qk - m_ij[:, None])
        l_ij = tl.sum(p, 1)
        acc_o = acc_o * tl.exp(m_i - m_ij)[:, None]
        v = tl.load(V + off_b * stride_vb + keys[:, None] * stride_vn + offs_d[None, :] * stride_vd,
                    mask=keys[:, None] < seqlen_k, other=0.0)
        acc_o += tl.dot(p, v, input_precision="ieee")
        m_i = m_ij
        lse_i = m_ij + tl.log(tl.exp(lse_i - m_ij) + l_ij)
    acc_o = acc_o * tl.exp(m_i - lse_i)[:, None]
    tl.store(Lse + off_b * seqlen_q + offs_m, lse_i, mask=offs_m < seqlen_q)
    tl.store(Out + (off_b * seqlen_q + offs_m[:, None]) * HEADDIM + offs_d[None, :], acc_o, mask=rows)


def kernel_function(q, k, v):
    batch, seqlen_q, d = q.shape
    seqlen_k = k.shape[1]
    o = torch.empty((batch, seqlen_q, d), dtype=q.dtype, device=q.device)
    lse = torch.empty((batch, seqlen_q), dtype=torch.float32, device=q.device)
    flash_forward[(triton.cdiv(seqlen_q, 16), batch)](
        q, k, v, o, lse, d**-0.5, q.stride(0), q.stride(1), q.stride(2), k.stride(0), k.stride(1), k.stride(2), v.stride(0),
        v.stride(1), v.stride(2), seqlen_q, seqlen_k, HEADDIM=d, BLOCK_M=16, BLOCK_N=32, EVEN_N=seqlen_k % 32 == 0)
    return o
