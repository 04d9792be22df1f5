import * as plugin from '../src/haraka/plugin'

// Haraka takes every export for a hook or a method of the plugin.
export const register = plugin.register
export const connect_init = plugin.connectInit
export const connect = plugin.connect
export const capabilities = plugin.capabilities
export const mail = plugin.mail
export const data_post = plugin.dataPost
export const own_deny = plugin.ownDeny
export const pre_send_trans_email = plugin.preSendTransEmail
export const delivered = plugin.delivered
export const deferred = plugin.deferred
export const bounce = plugin.bounce
export const hook_init_master = plugin.initMaster
export const hook_init_child = plugin.initChild
export const shutdown = plugin.shutdown
