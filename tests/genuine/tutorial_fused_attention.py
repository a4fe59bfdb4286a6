# problem: attention_causal
# expect: accepted
# family: attention
# style: after Triton's tutorials: fused attention, online softmax in base 2, an inner function for both stages of a causal mask
# note: never reads the blocks behind the diagonal, where NaN makes the definition's 0 · NaN
import torch
import triton
import triton.language as tl


@triton.jit
def attention_inner(acc, l_i, m_i, q, k_ptrs, v_ptrs, stride_kn, stride_vn, lo, hi, offs_m, offs_n, N_CTX, qk_scale,
                    BLOCK_N: tl.constexpr, CAUSAL: tl.constexpr):
    for start_n in range(lo, hi, BLOCK_N):
        inside = start_n + offs_n < N_CTX
        k = tl.load(k_ptrs + start_n * stride_kn, mask=inside[None, :], other=0.0)
        qk = tl.dot(q, k, input_precision="ieee") * qk_scale
        keep = inside[None, :]
        if CAUSAL:
            keep = keep & (offs_m[:, None] >= start_n + offs_n[None, :])
        qk = tl.where(keep, qk, -float("inf"))
        m_new = tl.maximum(m_i, tl.max(qk, 1))
        alpha = tl.math.exp2(m_i - m_new)
        p = tl.math.exp2(qk - m_new[:, None])
        l_i = l_i * alpha + tl.sum(p, 1)
        v = tl.load(v_ptrs + start_n * stride_vn, mask=inside[:, None], other=0.0)
        acc = tl.dot(p, v, acc * alpha[:, None], input_precision="ieee")
        m_i = m_new
    return acc, l_i, m_i


@triton.jit
def attention_forward(Q, K, V, sm_scale, Out, stride_qz, stride_qh, stride_qm, stride_qk, stride_kz, stride_kh, stride_kn,
                      stride_kk, stride_vz, stride_vh, stride_vn, stride_vk, stride_oz, stride_oh, stride_om, H, N_CTX,
                      BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, HEAD_DIM: tl.constexpr):
    start_m = tl.program_id(0)
    off_z = tl.program_id(1) // H
    off_h = tl.program_id(1) % H
    offs_m = start_m * BLOCK_M + tl.arange(0, BLOCK_M)
    offs_n = tl.arange(0, BLOCK_N)
    offs_d = tl.arange(0, HEAD_DIM)
    q_ptrs = Q + off_z * stride_qz + off_h * stride_qh + offs_m[:, None] * stride_qm + offs_d[None, :] * stride_qk
    k_ptrs = K + off_z * stride_kz + off_h * stride_kh + offs_n[None, :] * stride_kn + offs_d[:, None] * stride_kk
    v_ptrs = V + off_z * stride_vz + off_h * stride_vh + offs_n[:, None] * stride_vn + offs_d[None, :] * stride_vk
    q = tl.load(q_ptrs, mask=offs_m[:, None] < N_CTX, other=0.0)
    m_i = tl.zeros([BLOCK_M], dtype=tl.float32) - float("inf")
    l_i = tl.zeros([BLOCK_M], dtype=tl.float32)
    acc = tl.zeros([BLOCK_M, HEAD_DIM], dtype=tl.float32)
    qk_scale = sm_scale * 1.44269504
    diagonal = start_m * BLOCK_M
    acc, l_i, m_i = attention_inner(acc, l_i, m_i, q, k_ptrs, v_ptrs, stride_kn, stride_vn, 0, diagonal, offs_m, offs_n,
                                    N_CTX, qk_scale, BLOCK_N, False)
    acc, l_i, m_i = attention_inner(acc, l_i, m_i, q, k_ptrs, v_ptrs, stride_kn, stride_vn, diagonal, diagonal + BLOCK_M,
                                    offs_m, offs_n, N_CTX, qk_scale, BLOCK_N, True)
    acc = acc / l_i[:, None]
    o_ptrs = Out + off_z * stride_oz + off_h * stride_oh + offs_m[:, None] * stride_om + offs_d[None, :]
    tl.store(o_ptrs, acc, mask=offs_m[:, None] < N_CTX)


def kernel_function(q, k, v):
    Z, H, N_CTX, HEAD_DIM = q.shape
    o = torch.empty((Z, H, N_CTX, HEAD_DIM), dtype=q.dtype, device=q.device)
    grid = lambda args: (triton.cdiv(N_CTX, args["BLOCK_M"]), Z * H, 1)
    attention_forward[grid](q, k, v, HEAD_DIM**-0.5, o, q.stride(0), q.stride(1), q.stride(2), q.stride(3), k.stride(0),
                            k.stride(1), k.stride(2), k.stride(3), v.stride(0), v.stride(1), v.stride(2), v.stride(3),
                            o.stride(0), o.stride(1), o.stride(2), H, N_CTX, BLOCK_M=16, BLOCK_N=16, HEAD_DIM=HEAD_DIM)
    return o
