export * from './assert.ts';
