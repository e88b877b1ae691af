import { sendFile } from './files'
import type { Attachment } from './types'

export const uploadAttachment = (file: Blob, name: string, onProgress: (fraction: number) => void, idempotencyKey?: string): Promise<Attachment> => sendFile('/attachments', file, name, onProgress, idempotencyKey)
